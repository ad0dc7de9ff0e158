"""An ONVIF camera for tests, as a process of its own: device and media service by SOAP, and WS-Discovery.

Demands WS-UsernameToken digests (nonce, time, password; a nonce counts once) by its own clock, which may be wrong.
Prints "ready HTTP_PORT DISCOVERY_PORT". Written from ONVIF's Core and Media specifications (ver10 WSDL) and OASIS
WS-Discovery.
"""

import argparse
import hashlib
import re
import socket
import struct
import threading
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
    ' xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl"'
    ' xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:ter="http://www.onvif.org/ver10/error">'
    "<s:Body>{body}</s:Body></s:Envelope>"
)
REFUSED = (
    "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:NotAuthorized</s:Value></s:Subcode></s:Code>"
    '<s:Reason><s:Text xml:lang="en">Sender not Authorized</s:Text></s:Reason></s:Fault>'
)
PROFILES = {  # token: name, encoding, width, height, rate, kbit/s
    "main": ("mainStream", "H264", 1920, 1080, 25, 4096),
    "sub": ("subStream", "H264", 640, 360, 15, 512),
    "tiny": ("mobile", "JPEG", 320, 180, 5, 256),
}


class Device:
    """The camera: its user, its clock, its answers."""

    moved = ""  # where it sends ...
    moved_from = ""  # ... questions that contain these characters

    def __init__(self, user: str, password: str, skew_s: float, advertised: str) -> None:
        self.user, self.password, self.advertised = user, password, advertised
        self.skew = timedelta(seconds=skew_s)
        self.nonces: set[str] = set()
        self.port = 0

    def now(self) -> datetime:
        return datetime.now(UTC) + self.skew

    def proved(self, message: str) -> bool:
        """WS-Security UsernameToken Profile 1.0: base64(sha1(nonce + created + password))."""
        found = [
            re.search(rf"<[\w:]*{name}[^>]*>([^<]+)<", message) for name in ("Username", "Password", "Nonce", "Created")
        ]
        if not all(found):
            return False
        user, proof, nonce, created = (one.group(1).strip() for one in found if one)
        right = b64encode(hashlib.sha1(b64decode(nonce) + created.encode() + self.password.encode()).digest()).decode()
        age = abs(self.now() - datetime.fromisoformat(created))
        fresh = age < timedelta(minutes=5) and nonce not in self.nonces
        self.nonces.add(nonce)
        return user == self.user and proof == right and fresh

    def answer(self, message: str) -> tuple[int, str]:
        asked = re.search(r"<(?:[\w-]+:)?Body[^>]*>\s*<(?:[\w-]+:)?(\w+)", message)
        name = asked.group(1) if asked else ""
        make = getattr(self, f"say_{name}", None)
        if make is None:
            return 500, REFUSED.replace("NotAuthorized", "ActionNotSupported")
        if name != "GetSystemDateAndTime" and not self.proved(message):
            return 400, REFUSED
        return 200, make(message)

    def say_GetSystemDateAndTime(self, _: str) -> str:
        now = self.now()
        parts = {"Hour": now.hour, "Minute": now.minute, "Second": now.second}
        time = "".join(f"<tt:{name}>{value}</tt:{name}>" for name, value in parts.items())
        parts = {"Year": now.year, "Month": now.month, "Day": now.day}
        date = "".join(f"<tt:{name}>{value}</tt:{name}>" for name, value in parts.items())
        return (
            "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>Manual</tt:DateTimeType>"
            f"<tt:DaylightSavings>false</tt:DaylightSavings><tt:UTCDateTime><tt:Time>{time}</tt:Time><tt:Date>{date}</tt:Date></tt:UTCDateTime>"
            "</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
        )

    def say_GetServices(self, _: str) -> str:
        base = f"http://{self.advertised}:{self.port}/onvif"
        services = "".join(
            f"<tds:Service><tds:Namespace>http://www.onvif.org/ver10/{name}/wsdl</tds:Namespace>"
            f"<tds:XAddr>{base}/{name}_service</tds:XAddr>"
            "<tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service>"
            for name in ("device", "media")
        )
        return f"<tds:GetServicesResponse>{services}</tds:GetServicesResponse>"

    def say_GetDeviceInformation(self, _: str) -> str:
        fields = {
            "Manufacturer": "Example",
            "Model": "Street 2",
            "FirmwareVersion": "1.0",
            "SerialNumber": "7",
            "HardwareId": "1",
        }
        inner = "".join(f"<tds:{name}>{value}</tds:{name}>" for name, value in fields.items())
        return f"<tds:GetDeviceInformationResponse>{inner}</tds:GetDeviceInformationResponse>"

    def say_GetProfiles(self, _: str) -> str:
        made = "".join(
            f'<trt:Profiles token="{token}" fixed="true"><tt:Name>{name}</tt:Name>'
            f'<tt:VideoEncoderConfiguration token="e{token}"><tt:Name>e</tt:Name><tt:UseCount>1</tt:UseCount>'
            f"<tt:Encoding>{codec}</tt:Encoding><tt:Resolution><tt:Width>{width}</tt:Width><tt:Height>{height}</tt:Height>"
            f"</tt:Resolution><tt:Quality>5</tt:Quality><tt:RateControl><tt:FrameRateLimit>{rate}</tt:FrameRateLimit>"
            f"<tt:EncodingInterval>1</tt:EncodingInterval><tt:BitrateLimit>{kbit}</tt:BitrateLimit></tt:RateControl>"
            "<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address>"
            "<tt:Port>0</tt:Port><tt:TTL>0</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast>"
            "<tt:SessionTimeout>PT60S</tt:SessionTimeout></tt:VideoEncoderConfiguration></trt:Profiles>"
            for token, (name, codec, width, height, rate, kbit) in PROFILES.items()
        )
        sound = '<trt:Profiles token="sound" fixed="true"><tt:Name>sound</tt:Name></trt:Profiles>'
        return f"<trt:GetProfilesResponse>{made}{sound}</trt:GetProfilesResponse>"

    def say_GetStreamUri(self, message: str) -> str:
        found = re.search(r"ProfileToken>([^<]+)<", message)
        token = found.group(1) if found else ""
        # As some cameras do, with user and password inside.
        uri = escape(f"rtsp://{self.user}:{self.password}@127.0.0.1:554/{token}?unicast=1&proto=Onvif")
        return (
            f"<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>{uri}</tt:Uri>"
            "<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot>"
            "<tt:Timeout>PT60S</tt:Timeout></trt:MediaUri></trt:GetStreamUriResponse>"
        )


def serve_soap(device: Device) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_POST(self) -> None:
            message = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if device.moved and device.moved_from in message:
                self.send_response(307)
                self.send_header("Location", device.moved)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            status, body = device.answer(message)
            data = ENVELOPE.format(body=body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/soap+xml; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    device.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def answer_discovery(device: Device, listening: socket.socket, names: list[str]) -> None:
    """One ProbeMatch per name; the first is the camera, the others tell lies."""
    while True:
        question, sender = listening.recvfrom(65_535)
        found = re.search(rb"MessageID[^>]*>([^<]+)<", question)
        if found is None or b"NetworkVideoTransmitter" not in question:
            continue
        for number, host in enumerate(names):
            body = (
                '<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
                ' xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"'
                ' xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><s:Header>'
                f"<a:RelatesTo>{found.group(1).decode()}</a:RelatesTo></s:Header><s:Body><d:ProbeMatches><d:ProbeMatch>"
                f"<a:EndpointReference><a:Address>urn:uuid:camera-{number}</a:Address></a:EndpointReference>"
                "<d:Scopes>onvif://www.onvif.org/name/Main%20gate onvif://www.onvif.org/hardware/Street2</d:Scopes>"
                f"<d:XAddrs>http://{host}:{device.port}/onvif/device_service</d:XAddrs>"
                "</d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"
            )
            listening.sendto(body.encode(), sender)
        listening.sendto(b"\xff not xml", sender)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--user", default="viewer")
    parser.add_argument("--password", default="s3cret")
    parser.add_argument("--skew", type=float, default=0, help="seconds its clock is ahead")
    parser.add_argument("--advertised", default="127.0.0.1", help="host it names itself, as behind address translation")
    parser.add_argument("--moved", default="", help="address it redirects to ...")
    parser.add_argument("--moved-from", default="", help="... when a question contains these characters")
    asked = parser.parse_args()
    device = Device(asked.user, asked.password, asked.skew, asked.advertised)
    device.moved, device.moved_from = asked.moved, asked.moved_from
    serve_soap(device)
    listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listening.bind(("", 0))
    member = struct.pack("4s4s", socket.inet_aton("239.255.255.250"), socket.inet_aton("127.0.0.1"))
    listening.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    print("ready", device.port, listening.getsockname()[1], flush=True)
    answer_discovery(device, listening, ["127.0.0.1", "169.254.169.254", "localhost.attacker.test"])


if __name__ == "__main__":
    main()
