/** CRC-32C (Castagnoli), reflected: polynomial 0x1EDC6F41 read backwards. */
const TABLE: Uint32Array = /*#__PURE__*/ Uint32Array.from({ length: 256 }, (_, byte) => {
  let c = byte
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1
  return c
})

/** The checksum of iSCSI (RFC 3720 §B.4) and TFRecord, as an unsigned 32-bit integer. */
export const crc32c = (bytes: Uint8Array): number => {
  let c = 0xffffffff
  for (const byte of bytes) c = TABLE[(c ^ byte) & 0xff]! ^ (c >>> 8)
  return ~c >>> 0
}
