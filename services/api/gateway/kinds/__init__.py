"""The catalogue of job kinds that services announce."""
