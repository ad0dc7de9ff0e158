"""An RTSP server with a drawn live stream, for tests: run by the system's Python with Debian's gst-rtsp-server.

Prints "ready PORT" and serves rtsp://127.0.0.1:PORT/cam until it is ended.
"""

import argparse

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", default="0", help="0 = any free one")
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--fps", type=int, default=25)
    parser.add_argument("--gop", type=int, default=25)
    parser.add_argument("--refs", type=int, default=1, help="reference frames")
    parser.add_argument("--bframes", type=int, default=0, help="pictures between that arrive out of order")
    parser.add_argument(
        "--many", type=int, default=0, help="serve the same picture at /cam/0 ... too, as so many cameras"
    )
    parser.add_argument("--user", default="", help="name:password that is asked for")
    parser.add_argument("--audio", action="store_true", help="only sound, no picture")
    asked = parser.parse_args()
    Gst.init(None)
    width, height = asked.size.split("x")
    # The fastest preset knows no pictures between, and zero latency forbids them.
    speed = "speed-preset=superfast b-adapt=false" if asked.bframes else "tune=zerolatency speed-preset=ultrafast"
    picture = (
        f"( videotestsrc is-live=true pattern=ball ! video/x-raw,width={width},height={height},framerate={asked.fps}/1 "
        f"! x264enc {speed} bitrate=500 key-int-max={asked.gop} bframes={asked.bframes} option-string=ref={asked.refs} "
        f"{'! video/x-h264,profile=main ' if asked.bframes else ''}! rtph264pay name=pay0 pt=96 config-interval=1 )"
    )
    sound = "( audiotestsrc is-live=true ! alawenc ! rtppcmapay name=pay0 pt=8 )"
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(asked.port)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(sound if asked.audio else picture)
    factory.set_shared(True)
    if asked.user:
        name, _, password = asked.user.partition(":")
        auth = GstRtspServer.RTSPAuth()
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", "user")
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(name, password), token)
        server.set_auth(auth)
        permissions = GstRtspServer.RTSPPermissions()
        permissions.add_permission_for_role("user", "media.factory.access", True)
        permissions.add_permission_for_role("user", "media.factory.construct", True)
        factory.set_permissions(permissions)
    server.get_mount_points().add_factory("/cam", factory)
    for number in range(asked.many):
        one = GstRtspServer.RTSPMediaFactory()
        one.set_launch(picture)
        one.set_shared(True)
        server.get_mount_points().add_factory(f"/cam/{number}", one)
    server.attach(None)
    print("ready", server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
