"""The report in other tools' formats."""
