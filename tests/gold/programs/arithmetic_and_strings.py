def fahrenheit():
    celsius = 21.5
    scaled = celsius * 9 / 5
    return scaled + 32


def digits():
    number = 407
    hundreds, rest = divmod(number, 100)
    tens = rest // 10
    ones = number % 10
    return (hundreds, tens, ones)


def signs():
    down = -7 // 2
    rest = -7 % 2
    down_again = 7 % -2
    power = (-2) ** 3
    return down, rest, down_again, power


def bits():
    flags = 0b0101
    flags |= 1 << 3
    flags &= ~1
    flags ^= 0xF
    return flags >> 1


def complex_plane():
    z = 1 + 2j
    z *= z
    size = abs(z)
    return z.conjugate(), size


def chained_comparison():
    low, high = 1, 10
    inside = low < 5 < high
    outside = not low <= 11 <= high
    either = 0 or "" or high
    return inside and outside and either


def greeting():
    name = "Ada"
    plain = "Hello, " + name
    padded = f"{plain:>12}|{len(name):03d}|{name!r}"
    old = "%s has %d letters" % (name, len(name))
    return padded + old


def quotes_and_escapes():
    single = "it's"
    both = 'it\'s "it"'
    lines = "a\tb\nc\\d"
    raw = r"\d+"
    return [single, both, lines, raw, "\x00\u00e9\u4e2d"]


def words():
    text = "the quick  fox"
    parts = text.split()
    text = "-".join(part.capitalize() for part in parts)
    return text.replace("-", "", 1)


def bytes_and_text():
    text = "na\u00efve"
    data = text.encode("utf-8")
    data += b"\xff'"
    array = bytearray(data)
    array[0] = 78
    return data.decode("utf-8", "replace"), array
