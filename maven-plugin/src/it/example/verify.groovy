def builds = new File(basedir, 'build.log').text.split('Scanning for projects')
assert builds.length == 3
assert builds[1].contains('24 of 32 experts stay')
assert builds[2].count('nothing changed since the last run') == 7

def results = new File(basedir, 'target/moetool')
def read = { new groovy.json.JsonSlurper().parse(new File(results, it)) }
assert read('steps/inspect-look.json').experts == 32
assert read('plan.json').expertsAfter == 24
assert read('summary.json').passed
assert read('summary.json').steps*.goal == ['inspect', 'analyze', 'plan', 'prune', 'convert', 'verify', 'validate']
assert read('summary.json').steps*.outcome.every { it == 'unchanged' }
assert read('steps/validate-accept.json').gates*.name == ['max-kl', 'min-top1-agreement', 'max-perplexity-ratio']
assert new File(results, 'onnx/model.onnx').isFile()

def suite = new groovy.xml.XmlSlurper().parse(new File(results, 'junit/TEST-moetool.validate-accept.xml'))
assert suite.@tests == 3 && suite.@failures == 0
def report = new File(results, 'report.html').text
assert report.contains('math_formal') && report.contains('max-perplexity-ratio')
