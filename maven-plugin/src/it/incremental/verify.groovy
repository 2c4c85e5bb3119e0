def builds = new File(basedir, 'build.log').text.split('Scanning for projects')
assert builds.length == 5

assert builds[1].contains('16 of 32 experts stay')
assert builds[2].count('nothing changed since the last run') == 2
assert !builds[2].contains('experts stay')
assert builds[3].contains('24 of 32 experts stay')
assert builds[4].contains('is not the approved plan: its SHA-256 is')
assert builds[4].contains('BUILD FAILURE')

def config = new groovy.json.JsonSlurper().parse(new File(basedir, 'target/moetool/pruned/config.json'))
assert config.values().contains(24)
assert new File(basedir, 'target/moetool/pruned.zip').size() > 1_000_000
