// Drives a workspace with objects and fields of its own, by the types that
// openapi-typescript makes from what clarify-gen openapi wrote for workspace.json.
// A mistake in an attribute, an option or an object must not compile.
import assert from "node:assert/strict";
import { env } from "node:process";
import { test } from "node:test";
import createClient from "openapi-fetch";
import type { components, paths } from "./workspace-schema.js";

const client = createClient<paths>({
  baseUrl: env["CLARIFY_URL"] ?? "",
  headers: { Authorization: `api-key ${env["CLARIFY_API_KEY"] ?? ""}` },
});

type Deal = components["schemas"]["DealAttributes"];
type Boat = components["schemas"]["BoatAttributes"];

test("a record of the workspace's own object has its attributes", async () => {
  const created = await client.POST("/objects/c_boat/records", {
    body: {
      data: { type: "c_boat", attributes: { plate: "B 1", rig: "Sloop", length: 9.5, launched: "2026-02-03", uses: { items: ["Race"] } } },
      match_on: "plate",
    },
  });
  assert.equal(created.response.status, 201, JSON.stringify(created.error));
  const boat = created.data?.data;
  assert.ok(boat);
  const kind: "c_boat" = boat.type;
  assert.equal(kind, "c_boat");
  const rig: "Sloop" | "Ketch" | null | undefined = boat.attributes.rig;
  assert.equal(rig, "Sloop");
  const length: number | null | undefined = boat.attributes.length;
  assert.equal(length, 9.5);

  const deal = await client.POST("/objects/deal/records", {
    body: { data: { type: "deal", attributes: { name: "Refit", stage: "Open", boat_id: boat.id } } },
  });
  assert.equal(deal.response.status, 201, JSON.stringify(deal.error));

  const id = deal.data?.data.id ?? "";
  const updated = await client.PATCH("/objects/deal/records/{id}", {
    params: { path: { id } },
    body: { data: { type: "deal", id, attributes: { stage: "Closed", boat_id: null } } },
  });
  assert.equal(updated.data?.data.attributes.stage, "Closed", JSON.stringify(updated.error));
  assert.equal(updated.data?.data.attributes.boat_id, null);

  const page = await client.GET("/objects/c_boat/resources", { params: { query: { filter: { rig: "Sloop" } } } });
  const plates: (string | null | undefined)[] = (page.data?.data ?? []).map((one) => one.attributes.plate);
  assert.deepEqual(plates, ["B 1"]);

  // What the contract has of any object stays.
  const any = await client.GET("/objects/{object}/resources/{id}", { params: { path: { object: "c_boat", id: boat.id } } });
  assert.equal(any.data?.data.attributes["plate"], "B 1");
});

test("the sandbox rejects what does not compile", async () => {
  // @ts-expect-error there is no such option
  const wrong: Deal = { stage: "Won" };
  const rejected = await client.POST("/objects/{object}/records", {
    params: { path: { object: "deal" } },
    body: { data: { type: "deal", attributes: { name: "x", ...wrong } } },
  });
  assert.equal(rejected.response.status, 422);
});

// Never called: it is what must not compile.
export async function notInTheWorkspace(boat: Boat): Promise<void> {
  // @ts-expect-error a misspelt attribute
  boat.lenght;
  // @ts-expect-error an option of another field
  boat.rig === "Race";
  // @ts-expect-error there is no such object
  await client.GET("/objects/c_plane/resources");
  // @ts-expect-error a misspelt attribute in a new record
  await client.POST("/objects/c_boat/records", { body: { data: { type: "c_boat", attributes: { plate: "B 2", lenght: 1 } } } });
  // @ts-expect-error a string for a number
  await client.POST("/objects/c_boat/records", { body: { data: { type: "c_boat", attributes: { plate: "B 2", length: "9" } } } });
  // @ts-expect-error an option in the wrong case
  await client.POST("/objects/c_boat/records", { body: { data: { type: "c_boat", attributes: { plate: "B 2", rig: "sloop" } } } });
  // @ts-expect-error an option in a list that is of another field
  await client.POST("/objects/c_boat/records", { body: { data: { type: "c_boat", attributes: { plate: "B 2", uses: { items: ["Sloop"] } } } } });
  // @ts-expect-error the attribute that a boat must have is missing
  await client.POST("/objects/c_boat/records", { body: { data: { type: "c_boat", attributes: { rig: "Sloop" } } } });
  // @ts-expect-error the type of another object
  await client.POST("/objects/c_boat/records", { body: { data: { type: "deal", attributes: { plate: "B 2" } } } });
  // @ts-expect-error a field that is not unique
  await client.POST("/objects/c_boat/records", { body: { data: { type: "c_boat", attributes: { plate: "B 2" } }, match_on: "rig" } });
  // @ts-expect-error an attribute that cannot be written
  await client.POST("/objects/c_boat/records", { body: { data: { type: "c_boat", attributes: { plate: "B 2", hull: "x" } } } });
}
