def log = new File(basedir, 'build.log').text
assert log =~ /inspect .*on project bad-model: model.config\.json/
assert !log.contains('this is a bug')
assert new groovy.json.JsonSlurper().parse(new File(basedir, 'target/moetool/summary.json')).steps[0].exitCode == 3
