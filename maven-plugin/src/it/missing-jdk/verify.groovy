def log = new File(basedir, 'build.log').text
assert log =~ /javaHome .*no-jdk is not a JDK 25; name one/
