"""Terminals inside the workbench: sessions that go on unseen, the view that shows one, the full screen."""
