// Prints what zod makes of its own documented types, in both modes, as [name, schema] pairs.

import * as z from "zod";

const circle = z.object({ value: z.number(), get next() { return circle.optional(); } });
const types = {
  string: z.string(), number: z.number(), boolean: z.boolean(), null: z.null(), any: z.any(), unknown: z.unknown(),
  int: z.int(), int32: z.int32(), uint32: z.uint32(), float32: z.float32(), float64: z.float64(), never: z.array(z.never()),
  min: z.string().min(2).max(8), regex: z.string().regex(/^[a-z]+\d*$/), starts: z.string().startsWith("a").endsWith("z"),
  includes: z.string().includes("b"), upper: z.string().uppercase(), lower: z.string().lowercase().max(5),
  email: z.email(), url: z.url(), httpUrl: z.httpUrl?.() ?? z.url(), uuid: z.uuid(), uuidv4: z.uuidv4(), guid: z.guid(),
  hostname: z.hostname(), emoji: z.emoji(), base64: z.base64(), base64url: z.base64url(), hex: z.hex(), jwt: z.jwt(),
  nanoid: z.nanoid(), cuid: z.cuid(), cuid2: z.cuid2(), ulid: z.ulid(), ipv4: z.ipv4(), ipv6: z.ipv6(),
  cidrv4: z.cidrv4(), cidrv6: z.cidrv6(), mac: z.mac?.() ?? z.string(), e164: z.e164(), hash: z.hash("sha256"),
  isoDate: z.iso.date(), isoTime: z.iso.time(), isoDatetime: z.iso.datetime({ offset: true }), isoDuration: z.iso.duration(),
  positive: z.number().positive(), range: z.number().min(0.5).lt(2), step: z.number().multipleOf(0.25),
  literal: z.literal(["a", 1, null]), enum: z.enum(["red", "green"]), template: z.templateLiteral(["v", z.int(), "-", z.enum(["a", "b"])]),
  object: z.object({ a: z.string(), b: z.number().optional() }), strict: z.strictObject({ a: z.int() }),
  loose: z.looseObject({ a: z.int() }), catchall: z.object({ a: z.int() }).catchall(z.string()),
  array: z.array(z.int()).min(1).max(3), tuple: z.tuple([z.string(), z.int()]), rest: z.tuple([z.string()], z.int()),
  union: z.union([z.string(), z.int(), z.null()]), nullable: z.string().nullable(), default: z.string().default("x"),
  discriminated: z.discriminatedUnion("kind", [z.object({ kind: z.literal("a"), x: z.int() }), z.object({ kind: z.literal("b"), y: z.string() })]),
  intersection: z.intersection(z.object({ a: z.int() }), z.object({ b: z.string() })),
  record: z.record(z.string(), z.int()), recordOfEnum: z.record(z.enum(["a", "b"]), z.int()),
  partialRecord: z.partialRecord(z.enum(["a", "b"]), z.int()), recordByRegex: z.record(z.string().regex(/^k\d$/), z.int()),
  recursive: circle, readonly: z.string().readonly(), brand: z.string().brand(), pipe: z.string().pipe(z.email()),
  json: z.json(), stringbool: z.stringbool(), refined: z.string().refine(() => true), lazy: z.lazy(() => z.string()),
};
const found = [];
for (const [name, type] of Object.entries(types)) {
  for (const io of ["input", "output"]) {
    try {
      found.push([`zod: ${name} (${io})`, z.toJSONSchema(z.object({ value: type }), { io })]);
    } catch {
      // zod itself has no schema for it in this mode
    }
  }
}
console.log(JSON.stringify(found));
