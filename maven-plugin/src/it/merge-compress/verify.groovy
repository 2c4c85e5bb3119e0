def log = new File(basedir, 'build.log').text
assert log.contains('32 experts became 16')
assert log.contains('3 of 4 experts per token')
assert log.contains('merged and computed again, 0 unproven')

def config = new groovy.json.JsonSlurper().parse(new File(basedir, 'target/moetool/compressed/config.json'))
assert config.num_experts_per_tok == 3
assert config.values().contains(16)
