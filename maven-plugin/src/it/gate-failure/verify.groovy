def log = new File(basedir, 'build.log').text
assert log =~ /gate max-kl is not kept: limit 0.001, actual 0?\.?\d+/
assert log =~ /gate min-task-score is not kept: limit 0.95, actual 0\.\d+/
assert log.contains('report: target/moetool/report.html')
assert !log.contains('gate min-top1-agreement is not kept')

def suite = new groovy.xml.XmlSlurper().parse(new File(basedir, 'target/moetool/junit/TEST-moetool.validate-accept.xml'))
assert suite.@tests == 3 && suite.@failures == 2 && suite.@errors == 0
assert suite.testcase.find { it.@name == 'max-kl 0.001' }.failure.@message.text().startsWith('gate max-kl is not kept')
assert suite.testcase.find { it.@name == 'min-top1-agreement 0.01' }.failure.isEmpty()

def summary = new groovy.json.JsonSlurper().parse(new File(basedir, 'target/moetool/summary.json'))
assert !summary.passed
assert summary.steps*.step == ['plan-decide', 'prune', 'validate-accept']
assert summary.steps*.outcome == ['done', 'done', 'failed']
assert summary.steps[2].exitCode == 4
assert new File(basedir, 'target/moetool/report.html').text.contains('gate max-kl is not kept')
