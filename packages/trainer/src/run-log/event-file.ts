import { crc32c } from './crc32c.ts'
import { bytesField, concatBytes, doubleField, floatField, intField } from './protobuf.ts'

/** A moment of a run: seconds since 1970, and the step. */
export interface At {
  readonly wallTime: number
  readonly step: number
}

/** CRC of data that hold CRCs themselves are weak, so TFRecord rotates and shifts them. */
const masked = (bytes: Uint8Array): Uint8Array => {
  const crc = crc32c(bytes)
  return littleEndian(4, (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0)
}

const littleEndian = (size: 4 | 8, n: number): Uint8Array => {
  const bytes = Buffer.alloc(size)
  bytes.writeUInt32LE(n)
  return bytes
}

/** A TFRecord: length, its checksum, data, their checksum. */
export const tfRecord = (data: Uint8Array): Uint8Array => {
  const length = littleEndian(8, data.length)
  return concatBytes(length, masked(length), data, masked(data))
}

/** tensorflow.Event: wall_time 1, step 2, and what happened. */
const event = ({ wallTime, step }: At, what: Uint8Array): Uint8Array =>
  tfRecord(concatBytes(doubleField(1, wallTime), intField(2, step), what))

/** The first record of an event file: file_version 3. */
export const versionRecord = (wallTime: number): Uint8Array =>
  event({ wallTime, step: 0 }, bytesField(3, 'brain.Event:2'))

/** Summary.Value in Summary 5: one of the values of a record. */
const value = (tag: string, what: Uint8Array): Uint8Array => bytesField(1, concatBytes(bytesField(1, tag), what))

/** Numbers by tag: Summary.Value.simple_value 2. */
export const scalarsRecord = (at: At, scalars: Readonly<Record<string, number>>): Uint8Array =>
  event(at, bytesField(5, concatBytes(...Object.entries(scalars).map(([tag, x]) => value(tag, floatField(2, x))))))

/**
 * Markdown under a tag: a string tensor (8: dtype 1 DT_STRING 7, shape 2 [1], string_val 8) for the text plug-in
 * (metadata 9: plugin_data 1, data_class 4 TENSOR 2).
 */
export const textRecord = (at: At, tag: string, markdown: string): Uint8Array => {
  const shape = bytesField(2, intField(1, 1))
  const tensor = concatBytes(intField(1, 7), bytesField(2, shape), bytesField(8, markdown))
  const metadata = concatBytes(bytesField(1, bytesField(1, 'text')), intField(4, 2))
  return event(at, bytesField(5, value(tag, concatBytes(bytesField(8, tensor), bytesField(9, metadata)))))
}

/** A restart (session_log 7: status 1 START 1): readers drop what earlier files say of this step and later ones. */
export const restartRecord = (at: At): Uint8Array => event(at, bytesField(7, intField(1, 1)))
