"""The auditor's suite: what attacks ZKPool, measures it and writes the report. Started by ``make audit``."""
