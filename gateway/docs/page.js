// Shows the OpenAPI documents of both services, with one authorization for both.
// Nothing is stored: the token lives in the memory of this page.
"use strict";

const DOCUMENTS = {
  "accounts-api": "/api/v1/auth/schema",
  "promos-api": "/api/v1/promos/schema",
};

const viewers = [];
let sharing = false;

// What one viewer is told, the others are told too, but don't tell it again.
function shareWithOthers(action) {
  return (original, system) => (payload) => {
    if (!sharing) {
      sharing = true;
      try {
        viewers
          .map((viewer) => viewer.getSystem())
          .filter((other) => other.getStore() !== system.getStore())
          .forEach((other) => other.authActions[action](payload));
      } finally {
        sharing = false;
      }
    }
    return original(payload);
  };
}

const SharedAuthorization = {
  statePlugins: {
    auth: {
      wrapActions: {
        authorize: shareWithOthers("authorize"),
        logout: shareWithOthers("logout"),
      },
    },
  },
};

for (const [section, url] of Object.entries(DOCUMENTS)) {
  viewers.push(
    SwaggerUIBundle({
      url,
      domNode: document.getElementById(section),
      plugins: [SharedAuthorization],
      deepLinking: true,
      displayOperationId: true,
      defaultModelsExpandDepth: 0,
      persistAuthorization: false,
      validatorUrl: null,
    }),
  );
}
