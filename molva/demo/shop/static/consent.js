// The banner that asks to allow cookies: remembers the answer, tells other scripts by an event, and goes away.
document.querySelectorAll("[data-consent] button").forEach(function (button) {
  button.addEventListener("click", function () {
    document.cookie = "cookie_consent=" + button.value + "; path=/; max-age=31536000; samesite=lax";
    document.dispatchEvent(new CustomEvent("cookie_consent", { detail: button.value }));
    button.closest("[data-consent]").remove();
  });
});
