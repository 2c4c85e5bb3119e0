def read = { new groovy.json.JsonSlurper().parse(new File(basedir, it)) }
assert read('first/target/moetool/plan.json').expertsAfter == 8
assert read('second/target/moetool/plan.json').expertsAfter == 24
assert read('first/target/moetool/summary.json').passed
assert !new File(basedir, 'build.log').text.contains('not marked as @threadSafe')
