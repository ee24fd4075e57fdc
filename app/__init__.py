"""The web demo (Gradio)."""
