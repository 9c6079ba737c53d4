// The client of another log, which npm brings along, judges a checkpoint and inclusion under it. It must not check anything itself.
// Asked on stdin: {library, note, keys: [{name, id, spki}], proofs: [[index, entry, [hash]]]}, bytes in base64. Refuses by a thrown error.
const { createPublicKey } = require("crypto");
const { readFileSync } = require("fs");

const asked = JSON.parse(readFileSync(0, "utf8"));
const { verifyCheckpoint } = require(`${asked.library}/dist/tlog/checkpoint.js`);
const { verifyMerkleInclusion } = require(`${asked.library}/dist/tlog/merkle.js`);
const bytes = (text) => Buffer.from(text, "base64");

const logs = asked.keys.map(({ name, id, spki }) => ({
  baseURL: name,
  logID: bytes(id),
  publicKey: createPublicKey({ key: bytes(spki), format: "der", type: "spki" }),
}));
const checkpoint = { envelope: asked.note };
const head = verifyCheckpoint({ inclusionProof: { checkpoint } }, logs);
for (const [logIndex, body, hashes] of asked.proofs) {
  const entry = { canonicalizedBody: bytes(body), inclusionProof: { logIndex, hashes: hashes.map(bytes), checkpoint } };
  verifyMerkleInclusion(entry, head);
}
