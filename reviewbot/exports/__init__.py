"""Export reports to other tools' formats."""
