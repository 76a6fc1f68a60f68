// Our code and other people's, each the client of the other: VOPRF (RFC 9497)
// with @cloudflare/voprf-ts, HPKE (RFC 9180) with @hpke/core, and Oblivious HTTP
// (RFC 9458), made here of @hpke/core. Inputs are drawn anew in each run.
//   node peers.mjs PEER [ROUNDS]
// PEER is our program, tests/peer of a build. Prints TAP.
import { spawn } from "node:child_process";
import { randomBytes, randomInt, webcrypto, createCipheriv, createDecipheriv,
	createHmac } from "node:crypto";
import { createInterface } from "node:readline";

globalThis.crypto ??= webcrypto; // before Node 19
const { Oprf, VOPRFClient, VOPRFServer, Evaluation, EvaluationRequest,
	derivePrivateKey, generatePublicKey } =
	await import("@cloudflare/voprf-ts");
const { CryptoNoble } = await import("@cloudflare/voprf-ts/crypto-noble");
const { CipherSuite, DhkemX25519HkdfSha256, HkdfSha256, Aes128Gcm } =
	await import("@hpke/core");
const { Chacha20Poly1305 } = await import("@hpke/chacha20poly1305");

const rounds = Number(process.argv[3] ?? 10);
const peer = spawn(process.argv[2], { stdio: ["pipe", "pipe", "inherit"] });
const lines = createInterface({ input: peer.stdout })[Symbol.asyncIterator]();

const hex = (b) => (b.length === 0 ? "-" : Buffer.from(b).toString("hex"));
const unhex = (s) => Buffer.from(s === "-" ? "" : s, "hex");
const octets = (max) => randomBytes(randomInt(max + 1));
const same = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)) === 0;
const bytes = (a) => new Uint8Array(a);

// One command to our program; its words, or null when it refused.
async function ours(name, ...args) {
	peer.stdin.write([name, ...args.map(hex)].join(" ") + "\n");
	const { value, done } = await lines.next();
	if (done)
		throw new Error("our program ended");
	return value === "refused" ? null : value.split(" ").map(unhex);
}

let n = 0, bad = 0;
async function test(name, fn) {
	let why = "";
	try {
		for (let i = 0; i < rounds; i++)
			if (!await fn(i))
				why = `round ${i}`;
	} catch (e) {
		why = String(e.stack).split("\n").slice(0, 3).join(" ");
	}
	if (why !== "") {
		bad++;
		console.log(`# ${why}`);
	}
	console.log(`${why === "" ? "ok" : "not ok"} ${++n} - ${name}`);
}

// --- VOPRF

const suite = Oprf.Suite.RISTRETTO255_SHA512;
const many = (list) => Buffer.concat(list);
const split = (b) => Array.from({ length: b.length / 32 },
	(_, i) => b.subarray(32 * i, 32 * i + 32));
const counted = (elements) => {
	const head = Buffer.alloc(2);
	head.writeUInt16BE(elements.length / 32);
	return bytes(Buffer.concat([head, elements]));
};

async function key() {
	const seed = randomBytes(32), info = octets(40);
	const [secret, publicKey] = await ours("derive", seed, info);
	const theirs = await derivePrivateKey(Oprf.Mode.VOPRF, suite, bytes(seed),
		bytes(info), CryptoNoble);
	if (!same(theirs, secret) || !same(publicKey,
		generatePublicKey(suite, bytes(secret), CryptoNoble)))
		throw new Error("another key");
	return { secret, publicKey };
}
const inputs = () => Array.from({ length: 1 + randomInt(8) },
	() => bytes(octets(100)));

await test("both derive the same keys", async () => (await key()) !== null);

await test("their server evaluates a batch that we blinded", async () => {
	const k = await key(), list = inputs(), blinded = [];
	for (const input of list)
		blinded.push(await ours("blind", input));
	const elements = many(blinded.map(([, e]) => e));
	const server = new VOPRFServer(suite, bytes(k.secret), CryptoNoble);
	const evaluation = (await server.blindEvaluate(EvaluationRequest.deserialize(
		suite, counted(elements), CryptoNoble))).serialize();
	const evaluated = Buffer.from(evaluation.subarray(2, 2 + elements.length));
	const proof = Buffer.from(evaluation.subarray(3 + elements.length));
	if (await ours("check", k.publicKey, elements, evaluated, proof) === null)
		return false;
	for (const [i, input] of list.entries()) {
		const [out] = await ours("finalize", input, ...blinded[i],
			split(evaluated)[i]);
		const [own] = await ours("output", k.secret, input);
		if (!same(out, await server.evaluate(input)) || !same(out, own))
			return false;
	}
	// one octet of the proof, and another key
	proof[randomInt(64)] ^= 1;
	const other = await key();
	return await ours("check", k.publicKey, elements, evaluated, proof) === null &&
		await ours("check", other.publicKey, elements, evaluated,
			Buffer.from(evaluation.subarray(3 + elements.length))) === null;
});

await test("our server evaluates a batch that they blinded", async () => {
	const k = await key(), list = inputs();
	const client = new VOPRFClient(suite, bytes(k.publicKey), CryptoNoble);
	const [data, request] = await client.blind(list);
	const elements = Buffer.from(request.serialize().subarray(2));
	const [evaluated, proof] = await ours("evaluate", k.secret, elements);
	const answer = (p) => Evaluation.deserialize(suite, bytes(Buffer.concat([
		counted(evaluated), Buffer.of(Oprf.Mode.VOPRF), p])), CryptoNoble);
	const outs = await client.finalize(data, answer(proof));
	for (const [i, input] of list.entries())
		if (!same(outs[i], (await ours("output", k.secret, input))[0]))
			return false;
	const wrong = Buffer.from(proof);
	wrong[randomInt(31)] ^= 1;
	return await client.finalize(data, answer(wrong)).then(() => false, () => true);
});

// --- HPKE

const aeads = [[1, () => new Aes128Gcm()], [3, () => new Chacha20Poly1305()]];
const kem = new DhkemX25519HkdfSha256();
const plain = (b) => bytes(b).buffer;
async function pair() {
	const secret = randomBytes(32);
	const privateKey = await kem.importKey("raw", plain(secret), false);
	const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(),
		kdf: new HkdfSha256(), aead: new Aes128Gcm() });
	const [base] = await publicOf(secret);
	return { secret, privateKey, publicKey: base, suite };
}
// X25519 with the base point, by Node itself.
async function publicOf(secret) {
	const { createPrivateKey, createPublicKey } = await import("node:crypto");
	const der = Buffer.concat([
		Buffer.from("302e020100300506032b656e04220420", "hex"), secret]);
	const jwk = createPublicKey(createPrivateKey({ key: der, format: "der",
		type: "pkcs8" })).export({ format: "jwk" });
	return [Buffer.from(jwk.x, "base64url")];
}

for (const [id, make] of aeads) {
	const of = () => new CipherSuite({ kem: new DhkemX25519HkdfSha256(),
		kdf: new HkdfSha256(), aead: make() });
	const name = id === 1 ? "AES-128-GCM" : "ChaCha20-Poly1305";

	await test(`they open what we sealed, and export the same: ${name}`, async () => {
		const { secret, privateKey, publicKey } = await pair();
		const info = octets(60), aad = octets(60), pt = octets(2000),
			context = octets(64);
		const [enc, one, two, exported] = await ours("hpke-send", [id],
			publicKey, info, aad, pt, context);
		const r = await of().createRecipientContext({
			recipientKey: privateKey, enc: plain(enc), info: plain(info) });
		return same(bytes(await r.open(plain(one), plain(aad))), pt) &&
			same(bytes(await r.open(plain(two), plain(aad))), pt) &&
			same(bytes(await r.export(plain(context), 48)), exported) &&
			secret.length === 32;
	});
	await test(`we open what they sealed, and export the same: ${name}`, async () => {
		const { secret, publicKey } = await pair();
		const info = octets(60), aad = octets(60), pt = octets(2000),
			context = octets(64);
		const s = await of().createSenderContext({
			recipientPublicKey: await kem.importKey("raw",
				plain(publicKey), true),
			info: plain(info) });
		const one = bytes(await s.seal(plain(pt), plain(aad)));
		const two = bytes(await s.seal(plain(pt), plain(aad)));
		const args = [[id], secret, bytes(s.enc), info, aad];
		const got = await ours("hpke-receive", ...args, one, two, context);
		if (got === null || !same(got[0], pt) || !same(got[1], pt) ||
		    !same(got[2], bytes(await s.export(plain(context), 48))))
			return false;
		// not in this order, and not changed
		const again = await ours("hpke-receive", ...args, two, one, context);
		one[randomInt(one.length)] ^= 4;
		return again === null &&
			await ours("hpke-receive", ...args, one, two, context) === null;
	});
}

// --- Oblivious HTTP, written once more from RFC 9458 and the chunked draft

const hmac = (k, ...d) => d.reduce((h, x) => h.update(x),
	createHmac("sha256", k)).digest();
const expand = (prk, info, n) => hmac(prk, info, Buffer.of(1)).subarray(0, n);
const cipher = (id) => (id === 1 ? ["aes-128-gcm", 16] : ["chacha20-poly1305", 32]);
function aeadSeal(id, k, nonce, aad, pt) {
	const c = createCipheriv(cipher(id)[0], k, nonce, { authTagLength: 16 });
	c.setAAD(aad, { plaintextLength: pt.length });
	return Buffer.concat([c.update(pt), c.final(), c.getAuthTag()]);
}
function aeadOpen(id, k, nonce, aad, ct) {
	const d = createDecipheriv(cipher(id)[0], k, nonce, { authTagLength: 16 });
	d.setAAD(aad, { plaintextLength: ct.length - 16 });
	d.setAuthTag(ct.subarray(-16));
	return Buffer.concat([d.update(ct.subarray(0, -16)), d.final()]);
}
function varint(v) {
	const b = Buffer.alloc(4);
	b.writeUInt32BE(v + 0x80000000);
	return v < 64 ? Buffer.of(v) : b; // not the shortest: as good
}
function readVarint(b) {
	const size = 1 << (b[0] >> 6);
	let v = b[0] & 63;
	for (let i = 1; i < size; i++)
		v = v * 256 + b[i];
	return [v, b.subarray(size)];
}
const header = (keyId, id) => Buffer.from([keyId, 0, 32, 0, 1, 0, id]);
const info = (chunked, hdr) => Buffer.concat([Buffer.from(
	`message/bhttp ${chunked ? "chunked " : ""}request`), Buffer.of(0), hdr]);
const label = (chunked) => plain(Buffer.from(
	`message/bhttp ${chunked ? "chunked " : ""}response`));

// seal(aad, octets) of one message after the other, whole or in pieces.
async function wrap(chunked, pt, seal) {
	const none = Buffer.alloc(0), out = [];
	if (!chunked)
		return seal(none, pt);
	while (pt.length > 0 && randomInt(4) > 0) {
		const piece = pt.subarray(0, 1 + randomInt(pt.length));
		const ct = await seal(none, piece);
		out.push(varint(ct.length), ct);
		pt = pt.subarray(piece.length);
	}
	out.push(Buffer.of(0), await seal(Buffer.from("final"), pt));
	return Buffer.concat(out);
}
async function unwrap(chunked, ct, open) {
	const none = Buffer.alloc(0), out = [];
	if (!chunked)
		return open(none, ct);
	for (;;) {
		const [size, rest] = readVarint(ct);
		if (size === 0) {
			out.push(await open(Buffer.from("final"), rest));
			return Buffer.concat(out);
		}
		out.push(await open(none, rest.subarray(0, size)));
		ct = rest.subarray(size);
	}
}
function responseKeys(id, enc, nonce, secret) {
	const prk = hmac(Buffer.concat([enc, nonce]), secret);
	const base = expand(prk, "nonce", 12);
	let count = 0;
	return { k: expand(prk, "key", cipher(id)[1]), next: () => {
		const out = Buffer.from(base);
		out.writeUInt32BE((out.readUInt32BE(8) ^ count++) >>> 0, 8);
		return out;
	} };
}

for (const [id, make] of aeads) for (const chunked of [false, true]) {
	const of = () => new CipherSuite({ kem: new DhkemX25519HkdfSha256(),
		kdf: new HkdfSha256(), aead: make() });
	const name = `${id === 1 ? "AES-128-GCM" : "ChaCha20-Poly1305"}, ` +
		(chunked ? "chunked" : "whole");
	const size = cipher(id)[1];

	await test(`our gateway answers their client: ${name}`, async () => {
		const { secret, publicKey } = await pair();
		const keyId = randomInt(256), hdr = header(keyId, id);
		const request = octets(9000), answer = octets(9000);
		const s = await of().createSenderContext({
			recipientPublicKey: await kem.importKey("raw",
				plain(publicKey), true),
			info: plain(info(chunked, hdr)) });
		const enc = Buffer.from(s.enc);
		const sealed = Buffer.concat([hdr, enc, await wrap(chunked, request,
			async (aad, pt) => Buffer.from(await s.seal(plain(pt), plain(aad))))]);
		const got = await ours("ohttp-serve", [chunked ? 1 : 0], [keyId],
			secret, sealed, answer);
		if (got === null || !same(got[0], request))
			return false;
		const nonce = got[1].subarray(0, size);
		const r = responseKeys(id, enc, nonce,
			Buffer.from(await s.export(label(chunked), size)));
		return same(answer, await unwrap(chunked, got[1].subarray(size),
			(aad, ct) => aeadOpen(id, r.k, r.next(), aad, ct)));
	});
	await test(`their gateway answers our client: ${name}`, async () => {
		const { privateKey, publicKey } = await pair();
		const keyId = randomInt(256), hdr = header(keyId, id);
		const request = octets(18000), answer = octets(9000);
		const [sealed] = await ours("ohttp-send", [id], [chunked ? 1 : 0],
			[keyId], publicKey, request);
		const enc = sealed.subarray(7, 39);
		const r = await of().createRecipientContext({ recipientKey: privateKey,
			enc: plain(enc), info: plain(info(chunked, hdr)) });
		const opened = await unwrap(chunked, sealed.subarray(39),
			async (aad, ct) => Buffer.from(await r.open(plain(ct), plain(aad))));
		if (!same(sealed.subarray(0, 7), hdr) || !same(opened, request))
			return false;
		const nonce = randomBytes(size);
		const k = responseKeys(id, enc, nonce,
			Buffer.from(await r.export(label(chunked), size)));
		const back = Buffer.concat([nonce, await wrap(chunked, answer,
			async (aad, pt) => aeadSeal(id, k.k, k.next(), aad, pt))]);
		const got = await ours("ohttp-receive", back);
		return got !== null && same(got[0], answer) &&
			await ours("ohttp-receive", back.subarray(0, -1)) === null;
	});
}

peer.stdin.end();
console.log(`1..${n}`);
process.exit(bad === 0 ? 0 : 1);
