/**
 * The text of a manifest, with a seal at its end: a sum over all that stands before it, but for the inline data of artifacts, which
 * have a hash of their own. A file that is cut is no JSON any more, but one changed bit in a hash, a time or a choice would go unseen
 * without it. It is there against accidents, not against somebody who wants to deceive, so it need not be a sha256: in a process
 * that has just started, that is 2 ms for each task. Nor may it run long enough for V8 to optimize it, which is 3 ms more.
 */
import type { AttemptManifest } from './manifest.ts';

const sealHead = ',"check":"';
/** Nothing else in JSON has this text: in a string there is a backslash before each quote. */
const dataHead = '"data":"';
const halfDigits = 8;
const sealBytes = sealHead.length + 2 * halfDigits + 2;
const wordBytes = 4;

const hexOf = (half: number): string => (half >>> 0).toString(16).padStart(halfDigits, '0');

/** What the seal is over. */
function sealedPart(json: string): string {
  let sealed = '';
  let from = 0;
  for (let at = json.indexOf(dataHead); at >= 0; at = json.indexOf(dataHead, from)) {
    const data = at + dataHead.length;
    sealed += json.slice(from, data);
    const end = json.indexOf('"', data);
    from = end < 0 ? json.length : end;
  }
  return sealed + json.slice(from);
}

/** Two sums of 32 bits over the words. Each step of either can be undone, so one changed word always changes both. */
function sumOf(json: string): string {
  const text = sealedPart(json);
  const length = Buffer.byteLength(text);
  const bytes = Buffer.alloc(Math.ceil(length / wordBytes) * wordBytes);
  bytes.write(text);
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let first = 0x81_1c_9d_c5;
  let second = length;
  for (let at = 0; at < words.byteLength; at += wordBytes) {
    const word = words.getInt32(at);
    first = Math.imul(first ^ word, 0x01_00_01_93);
    second = Math.imul(((second << 13) | (second >>> 19)) ^ word, 0x85_eb_ca_6b);
  }
  return hexOf(first) + hexOf(second);
}

/** A manifest as it is stored: one line of JSON, without the line end. */
export function sealManifest(manifest: AttemptManifest): string {
  const json = JSON.stringify(manifest);
  return `${json.slice(0, -1)}${sealHead}${sumOf(json)}"}`;
}

/** The JSON that was sealed; `undefined` when it is another one now. What has no seal is returned as it is. */
export function unsealManifest(text: string): string | undefined {
  const end = text.endsWith('\n') ? text.length - 1 : text.length;
  const start = end - sealBytes;
  if (!text.startsWith(sealHead, start)) return text;
  const json = `${text.slice(0, start)}}`;
  const told = text.slice(start + sealHead.length, end - 2);
  return sumOf(json) === told ? json : undefined;
}
