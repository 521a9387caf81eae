"""Stop 0: does the file load, is the suppression needed?"""
