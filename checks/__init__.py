"""The package behind the notebooks: checks, claims, the x-ray, grading and authoring."""
