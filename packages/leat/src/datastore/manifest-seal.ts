/**
 * The text of a manifest, with a seal at its end: a sum over all that stands before it. A file that is cut is no JSON any more,
 * but one changed bit in a hash, a time or a choice would go unseen without it. It is there against accidents, not against
 * somebody who wants to deceive, so it need not be a sha256: in a process that has just started, that is 2 ms for each task.
 */
import type { AttemptManifest } from './manifest.ts';

const sealHead = ',"sum":"';
const halfDigits = 8;
const sealBytes = sealHead.length + 2 * halfDigits + 2;

const hexOf = (half: number): string => (half >>> 0).toString(16).padStart(halfDigits, '0');

/** Two sums of 32 bits over the code units. Each step of either can be undone, so one changed unit always changes both. */
function sumOf(json: string): string {
  let first = 0x81_1c_9d_c5;
  let second = json.length;
  for (let at = 0; at < json.length; at += 1) {
    const unit = json.charCodeAt(at);
    first = Math.imul(first ^ unit, 0x01_00_01_93);
    second = Math.imul(((second << 13) | (second >>> 19)) ^ unit, 0x85_eb_ca_6b);
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
