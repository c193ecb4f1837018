"""Systems that must ask, each as it works: approval bureaus, trading platforms, recruitment, provincial interfaces.

Users of the SDK's public face alone: what they do, a program of your own can do. A failed lookup is the exception of
`xingate.errors` that the SDK raises, never a verdict; what is wrong with what a system itself gave is an error of
`xingate_adapters.systems.errors`, raised before anything is asked.
"""
