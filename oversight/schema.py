"""x"""


def add_hot_routes(result, generator, request, public):
    return result
