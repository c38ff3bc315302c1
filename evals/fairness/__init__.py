"""Does the list change with who asks, or how they ask?"""
