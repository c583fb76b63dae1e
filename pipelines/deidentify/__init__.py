"""Row ids become tokens, and nothing but tagged columns passes. Reading and writing are the neighbours'."""
