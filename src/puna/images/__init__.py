"""Pictures that requests bring or point to: fetched with care, checked, in a form that every engine reads."""
