// A program as somebody else would write it who generates a client from
// openapi.yaml with openapi-typescript and calls it with openapi-fetch. It works
// with a sandbox and exits with 0 if all was as the types say.
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

const { CLARIFY_URL: baseUrl, CLARIFY_API_KEY: key } = process.env;
assert(baseUrl && key, "CLARIFY_URL and CLARIFY_API_KEY must be set");

// page[limit]=1, filter[name][Is]=x: objects of any depth in brackets.
function bracketed(query: Record<string, unknown>): string {
  const pairs: string[] = [];
  const add = (name: string, value: unknown) => {
    if (Array.isArray(value)) value.forEach((item, i) => add(`${name}[${i}]`, item));
    else if (value !== null && typeof value === "object")
      for (const [member, inner] of Object.entries(value)) add(`${name}[${member}]`, inner);
    else if (value !== undefined) pairs.push(`${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`);
  };
  for (const [name, value] of Object.entries(query)) add(name, value);
  return pairs.join("&");
}

const client = createClient<paths>({
  baseUrl,
  headers: { Authorization: `api-key ${key}` },
  querySerializer: bracketed,
});

// must returns the data of an answer, which must be a success.
function must<T>(answer: { data?: T; error?: unknown; response: Response }): T {
  assert(answer.data !== undefined, `${answer.response.status}: ${JSON.stringify(answer.error)}`);
  return answer.data;
}

// refused returns the first error of an answer, which must have the status.
function refused(answer: { error?: components["schemas"]["ErrorDocument"]; response: Response }, status: number) {
  assert.equal(answer.response.status, status);
  const first = answer.error?.errors?.[0];
  assert(first, "there is no error document");
  assert.equal(first.status, String(status));
  return first;
}

const person = { object: "person" };
const ada = (job: string) => ({
  data: {
    type: "person",
    attributes: {
      name: { first_name: "Ada", last_name: "Lovelace" },
      email_addresses: { items: ["ada@analytical.example"] },
      job_title: job,
    },
  },
  match_on: "email_addresses",
});

// Create, and update by match_on.
const created = must(await client.POST("/objects/{object}/records", { params: { path: person }, body: ada("Analyst") }));
const updated = must(await client.POST("/objects/{object}/records", { params: { path: person }, body: ada("Countess") }));
assert.equal(updated.data.id, created.data.id);
assert.equal(updated.data.attributes["job_title"], "Countess");

// A duplicate, and a value that is not allowed.
const again = ada("Analyst");
refused(await client.POST("/objects/{object}/records", { params: { path: person }, body: { data: again.data } }), 400);
const invalid = refused(
  await client.POST("/objects/{object}/records", { params: { path: person }, body: { data: { type: "person", attributes: { _id: "1" } } } }),
  422,
);
assert.equal(invalid.source?.pointer, "/data/attributes/_id");

// Many at once, read back page by page, filtered and sorted.
const names = ["Acme", "Globex", "Initech"];
must(
  await client.POST("/objects/{object}/records/bulk", {
    params: { path: { object: "company" } },
    body: { data: names.map((name) => ({ type: "company", attributes: { name } })) },
  }),
);
const seen: unknown[] = [];
for (let offset = 0, more = true; more; offset += 2) {
  const page = must(
    await client.GET("/objects/{object}/resources", {
      params: {
        path: { object: "company" },
        query: {
          page: { limit: 2, offset },
          sortOrder: { column: "name", dir: "DESC" },
          filter: { name: { "Is not empty": "" }, _created_at: { "Is after": "2000-01-01" } },
        },
      },
    }),
  );
  seen.push(...page.data.map((company) => company.attributes["name"]));
  more = page.links?.next != null;
}
assert.deepEqual(seen, [...names].reverse());

// A path parameter that needs escaping.
const users = must(await client.GET("/users"));
const user = users.data[0];
assert(user && user.id.includes("|"));
assert.equal(must(await client.GET("/users/{userId}", { params: { path: { userId: user.id } } })).data.id, user.id);

// A comment, rich text and no envelope.
const comment = must(
  await client.POST("/comments", {
    body: {
      owner_id: created.data.id,
      entity: "person",
      message: [{ type: "paragraph", content: [{ type: "text", text: "Hello", styles: {} }] }],
    },
  }),
);
assert.equal(comment.owner_id, created.data.id);

// A file, to the address that the API signs and without its credentials.
const attachments = "/objects/{object}/records/{id}/attachments";
const record = { object: "person", id: created.data.id };
const signed = must(await client.PUT(attachments, { params: { path: record }, body: { name: "notes.txt" } })).data;
const put = await fetch(signed.signedUrl, { method: "PUT", body: "On the analytical engine" });
assert(put.ok, `storage answers ${put.status}`);
must(
  await client.POST(attachments, {
    params: { path: record },
    body: { name: "notes.txt", key: signed.key, attachmentId: signed.attachmentId },
  }),
);
const download = must(
  await client.GET("/objects/{object}/records/{id}/attachments/{attachmentId}", {
    params: { path: { ...record, attachmentId: signed.attachmentId } },
  }),
);
const file = await fetch(download.data.url);
assert.equal(await file.text(), "On the analytical engine");

// Deleted, and gone.
const gone = { params: { path: record } };
assert.equal((await client.DELETE("/objects/{object}/records/{id}", gone)).response.status, 200);
refused(await client.GET("/objects/{object}/records/{id}", gone), 404);

console.log("all as the types say");
