/* The order widget of Molva in a shop's back office. It asks Molva for a short-lived address of this order's frame and
   shows it; when that fails it says so in a sentence. It sends the order's number and the shop's, nothing else. */
(function () {
  "use strict";
  var me = document.currentScript;
  var place = document.getElementById("molva-order");
  if (!me || !place) {
    return;
  }
  var inRussian = /^ru\b/i.test(navigator.language || "ru");
  var order = window.order_info && window.order_info.id;
  var molva = new URL(me.src).origin;

  function say(english, russian) {
    place.textContent = inRussian ? russian : english;
    place.style.font = "14px/1.4 system-ui, sans-serif";
    place.style.color = "#5b6b62";
  }

  function show(told) {
    var frame = document.createElement("iframe");
    frame.src = told.url;
    frame.title = inRussian ? "Молва: кто привёл заказ" : "Molva: who brought the order";
    frame.style.cssText = "display:block;width:100%;border:0;height:" + Math.max(window.innerHeight - 20, 200) + "px";
    place.textContent = "";
    place.appendChild(frame);
  }

  if (!order) {
    say("Molva shows here who brought an order.", "Здесь Молва показывает, кто привёл заказ.");
    return;
  }
  say("Asking Molva…", "Спрашиваем Молву…");
  fetch(molva + "/apps/widget/", {
    method: "POST",
    body: new URLSearchParams({
      key: me.getAttribute("data-molva-key") || "",
      order: String(order),
      account: window.account_id ? String(window.account_id) : "",
    }),
    credentials: "omit",
    referrerPolicy: "no-referrer",
  })
    .then(function (answer) {
      if (answer.status === 429) {
        say("Too many questions. Open the order again in a minute.", "Слишком часто. Откройте заказ снова через минуту.");
        return;
      }
      if (!answer.ok) {
        throw new Error("refused");
      }
      return answer.json().then(show);
    })
    .catch(function () {
      say(
        "Molva does not answer. The order is safe: Molva reads it from the shop itself.",
        "Молва не отвечает. С заказом ничего не случится: Молва сама прочитает его в магазине.",
      );
    });
})();
