/** A hostile response. Reports must show it as text. */
export const hostileText =
  "</style><script>alert(1)</script><img src=x onerror=alert(2)> \"'`&amp;|# %%{init: {}}%% end; \u0000\u001B[31m\u202E\uD800]]>-->";
