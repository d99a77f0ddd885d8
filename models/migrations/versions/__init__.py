"""Each file begins with its number; numbers are never reused or changed once released."""
