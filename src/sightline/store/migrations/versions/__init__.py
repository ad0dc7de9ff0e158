"""One file per version of the store; what it did is never edited later."""
