// Drives a Clarify with openapi-fetch, whose types openapi-typescript makes from
// openapi.yaml. What compiles here is what the contract allows, and what it does
// not allow must not compile.
import assert from "node:assert/strict";
import { env } from "node:process";
import { test } from "node:test";
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

function setting(name: string): string {
  const value = env[name];
  assert.ok(value, `${name} must be set`);
  return value;
}

// OpenAPI does not say how an object within an object is written. The API has
// more brackets.
function brackets(query: Record<string, unknown>): string {
  const parts: string[] = [];
  const add = (name: string, value: unknown): void => {
    if (value === undefined) return;
    if (value !== null && typeof value === "object") {
      for (const [member, inner] of Object.entries(value)) add(`${name}[${member}]`, inner);
      return;
    }
    parts.push(`${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`);
  };
  for (const [name, value] of Object.entries(query)) add(name, value);
  return parts.join("&");
}

const baseUrl = setting("CLARIFY_URL");
const headers = { Authorization: `api-key ${setting("CLARIFY_API_KEY")}` };
const client = createClient<paths>({ baseUrl, headers, querySerializer: brackets });

type Result<T> = { data?: T; error?: unknown; response: Response };

// done returns the data of a call that succeeded.
function done<T>(result: Result<T>, status = 200): NonNullable<T> {
  assert.equal(result.response.status, status, JSON.stringify(result.error));
  assert.ok(result.data);
  return result.data;
}

// rejected returns the first error of a call that was not a success.
function rejected(
  result: { error?: components["schemas"]["ErrorDocument"]; response: Response },
  status: number,
): components["schemas"]["ErrorObject"] {
  assert.equal(result.response.status, status);
  const first = result.error?.errors?.[0];
  assert.ok(first, "there is no error document");
  assert.equal(first.status, String(status));
  assert.ok(first.detail);
  return first;
}

const object = { path: { object: "person" } };
let number = 0;
const address = (): string => `foreign${++number}@analytical.example`;

async function create(attributes: components["schemas"]["Attributes"]): Promise<string> {
  const made = done(await client.POST("/objects/{object}/records", { params: object, body: { data: { type: "person", attributes } } }), 201);
  return made.data.id;
}

test("records are created, read, updated and deleted", async () => {
  const email = address();
  const id = await create({ name: { first_name: "Ada", last_name: "Lovelace" }, email_addresses: { items: [email] }, job_title: "Analyst" });
  const one = { path: { object: "person", id } };

  const read = done(await client.GET("/objects/{object}/records/{id}", { params: one }));
  assert.equal(read.data.type, "person");
  assert.deepEqual(read.data.attributes["name"], { first_name: "Ada", last_name: "Lovelace", full_name: "Ada Lovelace" });

  const updated = done(
    await client.PATCH("/objects/{object}/records/{id}", {
      params: { ...one, query: { silent: true } },
      body: {
        data: { type: "person", id, attributes: { job_title: null, email_addresses: { items: [address()] } } },
        meta: { email_addresses: { collection: "append" } },
      },
    }),
  );
  assert.equal(updated.data.attributes["job_title"], null);
  assert.deepEqual((updated.data.attributes["email_addresses"] as { items: string[] }).items.length, 2);

  const gone = await client.DELETE("/objects/{object}/records/{id}", { params: one });
  assert.equal(gone.response.status, 204);
  assert.equal(gone.error, undefined);
  rejected(await client.GET("/objects/{object}/records/{id}", { params: one }), 404);
  const deleted = done(
    await client.GET("/objects/{object}/deleted-resources", {
      params: { ...object, query: { filter: { _deleted_at: { "Is after": "0" } }, page: { limit: 500 } } },
    }),
  );
  const last = deleted.data.find((record) => record.id === id);
  assert.ok(last?.attributes["_deleted_at"]);
});

test("a create with match_on updates what is there", async () => {
  const items = [address()];
  const id = await create({ email_addresses: { items } });
  const again = done(
    await client.POST("/objects/{object}/records", {
      params: object,
      body: { data: { type: "person", attributes: { email_addresses: { items }, job_title: "Countess" } }, match_on: "email_addresses" },
    }),
    201,
  );
  assert.equal(again.data.id, id);
  const many = done(
    await client.POST("/objects/{object}/records/bulk", {
      params: object,
      body: {
        data: [
          { type: "person", attributes: { email_addresses: { items } } },
          { type: "person", attributes: { email_addresses: { items: [address()] } } },
        ],
        match_on: "email_addresses",
      },
    }),
    201,
  );
  assert.equal(many.data[0]?.id, id);
  assert.equal(many.meta.total_records, 2);
});

test("records are listed in pages, filtered, sorted and with those related to them", async () => {
  const company = done(
    await client.POST("/objects/{object}/records", {
      params: { path: { object: "company" } },
      body: { data: { type: "company", attributes: { name: "Analytical & Sons, 100%" } } },
    }),
    201,
  ).data.id;
  for (const job_title of ["c", "a", "b"]) await create({ job_title, company_id: company, email_addresses: { items: [address()] } });

  const titles: unknown[] = [];
  let total = 0;
  for (let offset = 0; ; offset += 2) {
    const page = done(
      await client.GET("/objects/{object}/resources", {
        params: {
          ...object,
          query: {
            filter: {
              company_id: { Is: company },
              email_addresses: { Contains: "@analytical.example", "Is not empty": "" },
              "person.company_id.name": { Is: "Analytical & Sons, 100%" },
            },
            sortOrder: { column: "job_title", dir: "DESC" },
            page: { offset, limit: 2 },
            include: "company_id",
          },
        },
      }),
    );
    titles.push(...page.data.map((record) => record.attributes["job_title"]));
    total = page.meta?.total_records ?? -1;
    assert.equal(page.included?.[0]?.id, company);
    if (page.links?.next == null) break;
    const next = new URL(page.links.next);
    assert.equal(next.searchParams.get("page[offset]"), String(offset + 2));
  }
  assert.deepEqual(titles, ["c", "b", "a"]);
  assert.equal(total, 3);
});

// Parameters that are not nested deeper need no serializer of one's own.
test("the library's own way to write an object in the query is the contract's", async () => {
  const plain = createClient<paths>({ baseUrl, headers });
  await create({ job_title: "the only one", email_addresses: { items: [address()] } });
  const page = done(
    await plain.GET("/objects/{object}/resources", {
      params: { ...object, query: { filter: { job_title: "the only*" }, sortOrder: { column: "_id", dir: "ASC" }, page: { limit: 1, offset: 0 } } },
    }),
  );
  assert.equal(page.meta?.total_records, 1);
  const lists = done(await plain.GET("/objects/{object}/lists", { params: { ...object, query: { filter: { type: "default" } } } }));
  assert.equal(lists.data[0]?.attributes.type, "default");
});

test("errors say what is wrong, and where", async () => {
  const items = [address()];
  await create({ email_addresses: { items } });
  const body = (attributes: components["schemas"]["Attributes"]) => ({ params: object, body: { data: { type: "person", attributes } } });
  const taken = rejected(await client.POST("/objects/{object}/records", body({ email_addresses: { items } })), 400);
  assert.equal(taken.source?.pointer, "/data/attributes/email_addresses");
  const bare = rejected(await client.POST("/objects/{object}/records", body({ email_addresses: items })), 422);
  assert.equal(bare.source?.pointer, "/data/attributes/email_addresses");
  rejected(await client.POST("/objects/{object}/records", body({ _created_at: "2026-01-01T00:00:00.000Z" })), 422);
  rejected(await client.GET("/objects/{object}/resources", { params: { ...object, query: { filter: { name: { Equals: "x" } } } } }), 400);
  rejected(await client.GET("/users/{userId}", { params: { path: { userId: "google-oauth2|0/1 2" } } }), 404);

  const wrong = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${setting("CLARIFY_API_KEY")}` } });
  assert.match(rejected(await wrong.GET("/schemas"), 401).detail, /api-key/);
});

test("other resources have types of their own", async () => {
  const schemas = done(await client.GET("/schemas"));
  assert.ok(schemas.data.some((schema) => String(schema.attributes["$id"]).endsWith("/person")));
  const users = done(await client.GET("/users"));
  const user = users.data[0];
  assert.ok(user);
  // The id has a character that has to be escaped.
  const same = done(await client.GET("/users/{userId}", { params: { path: { userId: user.id } } }));
  assert.deepEqual(same.data.attributes.roles.items, ["admin"]);

  const id = await create({});
  const comment = done(
    await client.POST("/comments", {
      body: { entity: "person", owner_id: id, message: [{ type: "paragraph", content: [{ type: "text", text: "Hello", styles: {} }] }] },
    }),
    201,
  );
  assert.equal(comment.owner_id, id);
  done(await client.POST("/settings", { body: { key: "meetingPrepScope", value: "none" } }), 201);
  assert.equal(done(await client.GET("/settings")).meetingPrepScope, "none");

  const target = await create({ job_title: "kept" });
  const merged = await client.POST("/objects/{object}/records/{record}/merges", {
    params: { path: { object: "person", record: target } },
    body: { data: { type: "person", attributes: { sources: [id] } } },
  });
  assert.equal(merged.response.status, 204);
});

test("a list is exported as CSV", async () => {
  await create({ job_title: "in the CSV" });
  const lists = done(await client.GET("/objects/{object}/lists", { params: object }));
  const list = lists.data[0];
  assert.ok(list);
  const csv = done(
    await client.POST("/objects/{object}/lists/{list}/rows/csv", {
      params: { path: { object: "person", list: list.id } },
      body: { search: { query: "in the CSV" } },
      parseAs: "text",
    }),
  );
  assert.equal(String(csv).trim().split("\r\n").length, 2);
});

test("files go to storage without the credential", async () => {
  const id = await create({});
  const record = { path: { object: "person", id } };
  const name = "contract ü.pdf";
  const place = done(await client.PUT("/objects/{object}/records/{id}/attachments", { params: record, body: { name } })).data;
  const put = await fetch(place.signedUrl, { method: "PUT", body: "a contract", headers: { "Content-Type": "application/pdf" } });
  assert.equal(put.status, 200, await put.text());
  done(
    await client.POST("/objects/{object}/records/{id}/attachments", {
      params: record,
      body: { name, key: place.key, attachmentId: place.attachmentId },
    }),
    201,
  );
  const files = done(await client.GET("/objects/{object}/records/{id}/attachments", { params: record })).data;
  assert.deepEqual(
    files.map((file) => [file.name, file.mime_type, file.size_bytes]),
    [[name, "application/pdf", 10]],
  );
  const link = done(
    await client.GET("/objects/{object}/records/{id}/attachments/{attachmentId}", {
      params: { path: { ...record.path, attachmentId: place.attachmentId } },
    }),
  );
  assert.equal(await (await fetch(link.data.url)).text(), "a contract");
  assert.equal((await fetch(link.data.url, { method: "DELETE" })).status, 403);
});

test("a recording goes to storage as a form", async () => {
  const meeting = done(
    await client.POST("/objects/{object}/records", { params: { path: { object: "meeting" } }, body: { data: { type: "meeting", attributes: {} } } }),
    201,
  ).data.id;
  const path = { meetingId: meeting };
  const place = done(await client.POST("/meetings/{meetingId}/recordings/media", { params: { path }, body: { contentType: "video/mp4" } }), 201).data;
  const form = new FormData();
  for (const [field, value] of Object.entries(place.upload.fields)) form.append(field, value);
  form.append("file", new Blob(["a video"], { type: "video/mp4" }), "recording.mp4");
  const posted = await fetch(place.upload.url, { method: "POST", body: form });
  assert.equal(posted.status, 204, await posted.text());
  done(
    await client.POST("/meetings/{meetingId}/recordings/media/{recordingId}", { params: { path: { ...path, recordingId: place.recordingId } } }),
  );
  const artifacts = done(
    await client.POST("/meetings/{meetingId}/recordings/{id}/artifacts", { params: { path: { ...path, id: place.recordingId } } }),
    201,
  ).data;
  assert.ok(artifacts.videoUrl);
  assert.equal(artifacts.transcriptionUrl, null);
  assert.equal(await (await fetch(artifacts.videoUrl)).text(), "a video");
});

// Never called: it is what must not compile.
export async function notInTheContract(): Promise<void> {
  // @ts-expect-error there is no such path
  await client.GET("/objects/{object}/records", { params: object });
  // @ts-expect-error there is no such method at the path
  await client.PUT("/schemas");
  // @ts-expect-error a path parameter is missing
  await client.GET("/users/{userId}", { params: { path: {} } });
  // @ts-expect-error an unknown kind of list
  await client.GET("/lists", { params: { query: { filter: { type: "moving" } } } });
  // @ts-expect-error a required member of the body is missing
  await client.POST("/objects/{object}/records", { params: object, body: { data: { type: "person" } } });
  // @ts-expect-error there is no such direction
  await client.GET("/users", { params: { query: { sortOrder: { column: "name", dir: "asc" } } } });
  // @ts-expect-error there is no such setting
  await client.POST("/settings", { body: { key: "theme", value: "dark" } });
}
