def total():
    result = 0
    for number in [2, 5]:
        result += number
    return result


def nothing_to_do():
    seen = []
    for item in seen:
        seen.append(item)
    return seen


def counted():
    for place in range(1, 6, 2):
        square = place * place
    return place, square


def numbered():
    lines = {}
    for number, word in enumerate(["a", "b"], 1):
        lines[number] = word
    return lines


def grid():
    cells = []
    for row in range(2):
        for column in "xy":
            cells.append((row, column))
    return cells


def no_divisor():
    for divisor in (2, 3):
        if 7 % divisor == 0:
            break
    else:
        divisor = None
    return divisor


def first_divisor():
    for divisor in (2, 3):
        if 9 % divisor == 0:
            break
    else:
        divisor = None
    return divisor


def odd_ones():
    kept = []
    for number in (1, 2, 3):
        if number % 2 == 0:
            continue
        kept.append(number)
    return kept


def pairs_of_a_dictionary():
    prices = {"tea": 2, "cake": 3}
    for name, price in prices.items():
        prices[name] = price + 1
    return prices


# fmt: off
def on_one_line():
    total = 0
    for number in (1, 2): total += number
    for number in (): total -= 1
    return total
# fmt: on
