"""What the tests share: builds, engines, shops and files."""
