// The journey of `make demo`, made with nothing but what the documents say.

import { strict as assert } from "node:assert";
import { randomBytes } from "node:crypto";

import * as authClient from "./auth/client/index.js";
import * as auth from "./auth/sdk.gen.js";
import * as promoClient from "./promo/client/index.js";
import * as promos from "./promo/sdk.gen.js";
import type { PromoAnswer } from "./promo/types.gen.js";

const baseUrl = setting("PROMO_URL");

function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`The variable ${name} is missing.`);
  return value;
}

/** The client of the promo service for somebody who has logged in. */
async function logIn(username: string, password: string) {
  const client = authClient.createClient(authClient.createConfig({ baseUrl }));
  const { data } = await auth.obtainToken({
    client,
    body: { username, password },
    throwOnError: true,
  });
  assert.ok(data.expires_in > 0);
  const authorization = { baseUrl, auth: data.access };
  return promoClient.createClient(promoClient.createConfig(authorization));
}

/** A new normal user; the password is of no use to anybody later. */
async function register(username: string, password: string): Promise<void> {
  const client = authClient.createClient(authClient.createConfig({ baseUrl }));
  const { data } = await auth.register({
    client,
    body: {
      username,
      password,
      name: "Mona Hassan",
      mobile_number: "+201001234567",
    },
    throwOnError: true,
  });
  assert.equal(data.username, username);
  assert.equal(data.role, "normal");
}

const administrator = await logIn(
  setting("ADMIN_USERNAME"),
  setting("ADMIN_PASSWORD"),
);
const customer = `customer-${randomBytes(4).toString("hex")}`;
const password = randomBytes(24).toString("base64url");
await register(customer, password);
const user = await logIn(customer, password);

const granted = await promos.createPromo({
  client: administrator,
  body: {
    username: customer,
    promo_type: "welcome",
    promo_code: "WELCOME-100",
    promo_amount: 100,
    description: "Thank you for joining",
  },
  throwOnError: true,
});
const promo: PromoAnswer = granted.data;
const path = { promo_id: promo.id };
assert.equal(promo.status, "active");
assert.equal(promo.end_time, null);
console.log(`1. Create_promo: ${promo.promo_amount} points for ${promo.user.username}`);

const ifMatch = granted.response.headers.get("ETag");
assert.ok(ifMatch);
const modified = await promos.modifyPromo({
  client: administrator,
  path,
  headers: { "If-Match": ifMatch },
  body: { promo_amount: 150 },
  throwOnError: true,
});
assert.equal(modified.data.remaining_points, 150);
console.log(`2. Modify_promo: ${modified.data.promo_amount} points now`);

const all = await promos.getPromoListAllUsers({
  client: administrator,
  query: { username: customer },
  throwOnError: true,
});
assert.deepEqual(all.data.results.map(({ id }) => id), [promo.id]);
assert.equal(all.data.next, null);
console.log("3. Get_promo_list_all_users: the administrator sees it");

const own = await promos.getPromoListMe({
  client: user,
  query: { status: "active", page_size: 1 },
  throwOnError: true,
});
assert.deepEqual(own.data.results.map(({ id }) => id), [promo.id]);
console.log("4. Get_promo_list_me: so does the customer");

const points = await promos.getPromoPoints({ client: user, path, throwOnError: true });
assert.equal(points.data.remaining_points, 150);
console.log(`5. Get_promo_points: ${points.data.remaining_points} are left`);

const used = await promos.usePromoPoints({
  client: user,
  path,
  headers: { "Idempotency-Key": randomBytes(8).toString("hex") },
  body: { points: 30, task: "Free delivery for order 1042" },
  throwOnError: true,
});
assert.equal(used.data.remaining_points, 120);
assert.deepEqual(used.data.parts.map(({ promo_id }) => promo_id), [promo.id]);
console.log(`6. Use_promo_points: 30 for "${used.data.task}", 120 are left`);

const refused = await promos.usePromoPoints({ client: user, path, body: { points: 121 } });
assert.equal(refused.response.status, 409);
assert.equal(refused.error?.code, "insufficient_points");
console.log(`   ${refused.error.title}: ${refused.error.detail}`);

const deleted = await promos.deletePromo({ client: administrator, path });
assert.equal(deleted.response.status, 204);
const gone = await promos.getPromo({ client: user, path });
assert.equal(gone.error?.code, "not_found");
console.log("7. Delete_promo: the customer no longer has it");
