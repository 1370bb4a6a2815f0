"""A steady load for hours: does anything grow?"""
