"""What each technique of a spec buys: variants of it, trained over several seeds and compared.

Source of the advice: start from a plain baseline, add one technique at a time, measure on
validation data, over several seeds.
"""
