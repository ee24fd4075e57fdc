// The avatar over WebRTC: same events and messages, by a data channel; sound and picture in a <video>.

export class Peer {
  constructor(video, { url, character, size, key, greet = true } = {}) {
    this.url = url ?? "/v1/webrtc/offer";
    this.wish = { character, size, greet };
    this.key = key;
    this.video = video;
    this.onevent = () => {};
    this.onclose = () => {};
  }

  async connect() {
    const peer = (this.peer = new RTCPeerConnection());
    this.channel = peer.createDataChannel("omnitalker");
    this.channel.onmessage = ({ data }) => this.onevent(JSON.parse(data));
    const stream = new MediaStream();
    peer.ontrack = ({ track }) => stream.addTrack(track);
    this.video.srcObject = stream;
    peer.onconnectionstatechange = () => {
      if (["failed", "closed", "disconnected"].includes(peer.connectionState)) this.onclose();
    };
    const audio = peer.addTransceiver("audio", { direction: "sendrecv" });
    peer.addTransceiver("video", { direction: "recvonly" });
    this.audio = audio;
    await peer.setLocalDescription(await peer.createOffer());
    await gathered(peer);
    const headers = { "content-type": "application/json" };
    if (this.key) headers.authorization = `Bearer ${this.key}`;
    const body = JSON.stringify({ ...this.wish, ...peer.localDescription.toJSON() });
    const answer = await fetch(this.url, { method: "POST", headers, body });
    if (!answer.ok) throw new Error((await answer.json()).error.message);
    await peer.setRemoteDescription(await answer.json());
    await this.video.play();
  }

  send(message) {
    if (this.channel?.readyState === "open") this.channel.send(JSON.stringify(message));
  }

  get time() {
    return this.video.currentTime;
  }

  close() {
    this.peer?.close();
  }
}

function gathered(peer) {
  if (peer.iceGatheringState === "complete") return Promise.resolve();
  return new Promise((done) => {
    peer.onicegatheringstatechange = () => peer.iceGatheringState === "complete" && done();
    setTimeout(done, 2000);
  });
}
