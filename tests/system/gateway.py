#!/usr/bin/env python3
"""A gateway that does what the body of a request says, for tests of the relay.

  gateway.py CERT KEY LOG

Prints "ready PORT". Of each request it writes the head to LOG, escaped, one a
line, with the number of its connection before it. Bodies:
  good      an answer, with fields that must not reach a client
  close     an answer, and the connection ends without a word of it
  nonsense  no HTTP
  chunked   an answer of no stated length
  large N   an answer of N octets
  cut       half of the answer that its head promises
  early     the connection ends before any octet
  slow      nothing, ever
"""
import socket
import ssl
import sys
import threading

HEAD = ("HTTP/1.1 200 OK\r\nContent-Type: message/ohttp-res\r\n"
        "Set-Cookie: who=you\r\nServer: test\r\nX-Request-Id: 7\r\n"
        "Content-Length: %d\r\n\r\n")


def read_request(f):
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = f.readline()
        if not line:
            return None, None
        head += line
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return head, f.read(length)


def serve(conn, number, log):
    f = conn.makefile("rb")
    while True:
        head, body = read_request(f)
        if head is None:
            return
        with open(log, "a") as out:
            out.write("%d %r\n" % (number, head.decode()))
        word, _, rest = body.decode("latin-1").partition(" ")
        if word == "good":
            conn.sendall((HEAD % 6).encode() + b"answer")
        elif word == "close":
            conn.sendall((HEAD % 6).encode() + b"answer")
            return
        elif word == "large":
            conn.sendall((HEAD % int(rest)).encode())
            conn.sendall(b"x" * int(rest))
        elif word == "cut":
            conn.sendall((HEAD % 1000).encode() + b"x" * 500)
            return
        elif word == "nonsense":
            conn.sendall(b"SMTP ready\r\n\r\n")
        elif word == "chunked":
            conn.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
                         b"\r\n1\r\nx\r\n0\r\n\r\n")
        elif word == "early":
            return
        else:
            threading.Event().wait(120)


def one(ctx, raw, number, log):
    try:
        with ctx.wrap_socket(raw, server_side=True) as conn:
            serve(conn, number, log)
    except OSError:
        pass


def main():
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.load_cert_chain(sys.argv[1], sys.argv[2])
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    print("ready", listener.getsockname()[1], flush=True)
    number = 0
    while True:
        raw, _ = listener.accept()
        number += 1
        threading.Thread(target=one, args=(ctx, raw, number, sys.argv[3]),
                         daemon=True).start()


main()
