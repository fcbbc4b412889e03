"""What one spec says otherwise than another: of the network, its weights, its training.

Two graphs are compared, not two texts: blocks, variables, `extends`, sugar and defaults are gone
before. `align` finds which layer of the one is which of the other, `compare` says how they differ,
`forms` prints it for people, programs and pull requests.
"""
