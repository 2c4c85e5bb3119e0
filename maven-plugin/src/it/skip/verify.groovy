assert new File(basedir, 'build.log').text.count('skipped') == 3
assert !new File(basedir, 'target').exists()
