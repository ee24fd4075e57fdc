"""The server of live avatars: OpenAI-compatible speech, video, a WebSocket and WebRTC."""
