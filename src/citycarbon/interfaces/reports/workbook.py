"""stub"""


def write_workbook(result, path):
    path.write_bytes(b"")
