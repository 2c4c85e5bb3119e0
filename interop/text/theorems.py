def sections(split): return []
