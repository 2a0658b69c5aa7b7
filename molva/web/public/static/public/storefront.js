/* Molva on the pages of a shop: remembers which partner brought the visitor and tells it to the order.
   It sets one first-party cookie, sends one message to the tracker when a page is opened with the partner
   parameter, fills one extra field of the order, and types the partner's promo code into the cart if the programme
   says so. Where the programme asks for consent, nothing is stored in the browser before it is given.
   It changes nothing else; whatever fails, the page goes on. */
(function (config) {
  "use strict";

  var TOKEN = /^[a-z2-7]{34}$/;
  var HOUR = 3600000;
  var PATIENCE = 4000; // ms that any answer may take
  var ASKED = "molva_ok"; // remembers only the answer to the notice: 1 yes, 0 no
  var CART = /^\/(cart_items|cart|new_order|gocheckout|checkout)(\/|$)/;
  var DONE = /^\/orders\//;

  function settings() {
    var tag = document.currentScript;
    var data = (tag && tag.dataset) || {};
    var found = typeof config === "object" ? config : {
      programme: data.programme,
      tracker: data.tracker || (tag && tag.src ? tag.src.split("/").slice(0, 3).join("/") : ""),
      param: data.param,
      aliases: data.aliases ? data.aliases.split(",") : [],
      days: data.days,
      field: data.field
    };
    found.consent = found.consent || { mode: "off" };
    found.names = [found.param || "aff"].concat(found.aliases || []);
    found.seconds = Math.round((Number(found.days) || 90) * 86400);
    return found;
  }

  function parameter(name) {
    var found = new RegExp("[?&]" + name.replace(/[^\w-]/g, "") + "=([^&]*)").exec(location.search);
    try {
      return found ? decodeURIComponent(found[1].replace(/\+/g, " ")).trim() : "";
    } catch (broken) {
      return "";
    }
  }

  function cookieOf(name) {
    var found = null;
    try {
      document.cookie.split(/;\s*/).forEach(function (pair) {
        if (pair.split("=")[0] === name) {
          found = pair.slice(name.length + 1);
        }
      });
    } catch (forbidden) { /* as if there were none */ }
    return found;
  }

  /* The kept token; before consent, the one that this very page came with. */
  function token() {
    var found = cookieOf("molva") || "";
    return TOKEN.test(found) ? found : here;
  }

  /* Whether the browser may be used as a memory: yes, no, or not said yet (null). */
  function consent() {
    var mode = settled.consent.mode;
    if (mode === "off") {
      return true;
    }
    if (said !== null) {
      return said;
    }
    var wish = (mode === "ask" ? ASKED + "=1" : settled.consent.cookie || "").split("=");
    var value = cookieOf(wish[0]);
    if (value === null || !wish[0]) {
      return null;
    }
    return wish.length < 2 || value === wish.slice(1).join("=");
  }

  /* On the broadest domain that the browser allows, so that www and the bare name share it;
     not on the platform's own domain, which is shared by all its shops. */
  function writeCookie(name, value, seconds) {
    var parts = location.hostname.split(".");
    var tail = "; path=/; max-age=" + seconds + "; samesite=lax" +
      (location.protocol === "https:" ? "; secure" : "");
    var isName = parts.length > 1 && !/^\d+$/.test(parts[parts.length - 1]) &&
      !/\.myinsales\.ru$/.test(location.hostname);
    for (var from = parts.length - 2; isName && from >= 0; from -= 1) {
      document.cookie = name + "=" + value + "; domain=" + parts.slice(from).join(".") + tail;
      if (cookieOf(name) === (seconds ? value : null)) {
        return;
      }
    }
    document.cookie = name + "=" + value + tail;
  }

  /* sessionStorage may be forbidden; then a page more may send its message again, which does no harm. */
  function keep(name, value) {
    try {
      if (value === null) {
        sessionStorage.removeItem("molva_" + name);
      } else if (consent()) {
        sessionStorage.setItem("molva_" + name, value);
      }
    } catch (forbidden) { /* nothing to do */ }
  }

  function kept(name) {
    try {
      return sessionStorage.getItem("molva_" + name) || "";
    } catch (forbidden) {
      return "";
    }
  }

  /* Age of a token, in ms: its first ten letters are the time in units of 8 microseconds. */
  function age(text) {
    var units = 0;
    for (var place = 0; place < 10; place += 1) {
      units = units * 32 + "abcdefghijklmnopqrstuvwxyz234567".indexOf(text.charAt(place));
    }
    return Math.abs(Date.now() - units / 125);
  }

  /* A call that cannot hang: fetch with an end, the answer as JSON or nothing. */
  function ask(address, options) {
    var stop = window.AbortController ? new AbortController() : null;
    options.signal = stop && stop.signal;
    options.credentials = options.credentials || "omit";
    if (stop) {
      setTimeout(function () { stop.abort(); }, PATIENCE);
    }
    return fetch(address, options);
  }

  function remember(text) {
    if (TOKEN.test(text)) {
      here = text;
      if (consent()) {
        writeCookie("molva", text, settled.seconds);
      } else {
        wait();
      }
      fill();
    }
  }

  function send(message) {
    var address = settled.tracker.replace(/\/$/, "") + "/t/touch";
    keep("wait", message);
    if (!window.fetch) {
      if (navigator.sendBeacon && navigator.sendBeacon(address, message)) {
        keep("wait", null);
      }
      return;
    }
    ask(address, { method: "POST", body: message, keepalive: true }).then(function (answer) {
      if (answer.status < 500) {
        keep("wait", null);
      }
      return answer.ok ? answer.json() : {};
    }).then(function (found) {
      remember(String(found.token || ""));
    }).catch(function () { /* the next page tries again */ });
  }

  /* Without a memory only the browser itself knows whether this page was told of already. */
  function isComeBack() {
    var moves = window.performance && performance.getEntriesByType ? performance.getEntriesByType("navigation") : [];
    var within = document.referrer.split("/")[2] === location.host;
    return within || Boolean(moves[0] && moves[0].type !== "navigate");
  }

  function tell(mark) {
    var last = kept("told").split(" ");
    var isTold = last[1] === encodeURIComponent(mark) && Date.now() - Number(last[0]) < HOUR / 2;
    if ((isTold && token()) || (!consent() && isComeBack())) {
      return;
    }
    keep("told", Date.now() + " " + encodeURIComponent(mark));
    send(JSON.stringify({
      programme: settled.programme,
      mark: mark,
      url: location.href.slice(0, 1000),
      referrer: document.referrer.slice(0, 1000),
      visitor: token() || undefined
    }));
  }

  /* The mark travels with the order in an extra field; without the page's own form token nothing is sent. */
  function fill() {
    var mark = token();
    var csrf = document.querySelector('meta[name="csrf-token"]');
    var secret = csrf && csrf.getAttribute("content");
    if (!settled.field || !mark || !secret || !window.fetch || !CART.test(location.pathname) ||
        kept("filled") === mark || filled === mark) {
      return;
    }
    filled = mark;
    keep("filled", mark);
    var name = "order[fields_values_attributes][" + settled.field + "]";
    var pairs = [["_method", "put"], [name + "[field_id]", settled.field], [name + "[value]", mark]];
    ask("/cart_items", {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/x-www-form-urlencoded", "X-CSRF-Token": secret },
      body: pairs.map(function (pair) {
        return encodeURIComponent(pair[0]) + "=" + encodeURIComponent(pair[1]);
      }).join("&")
    }).then(function (answer) {
      if (!answer.ok) {
        keep("filled", null);
      }
    }).catch(function () {
      keep("filled", null);
    });
  }

  /* The partner's promo code, asked for once when the visitor comes by the partner's mark. */
  function learnCode(mark) {
    if (settled.offer && window.fetch && kept("mark") !== mark) {
      keep("mark", mark);
      keep("code", null);
      ask(settled.offer + "?mark=" + encodeURIComponent(mark), {}).then(function (answer) {
        return answer.ok ? answer.json() : {};
      }).then(function (found) {
        code = String(found.code || "");
        if (code) {
          keep("code", code);
        }
        applyCode();
      }).catch(function () { /* no discount by itself: the buyer can type it */ });
    }
  }

  /* In the cart, by the theme's own function; a code that the buyer has typed, or any discount, is left alone. */
  function applyCode() {
    var wanted = code || kept("code");
    var cart = window.Cart;
    if (wanted && kept("applied") !== wanted && CART.test(location.pathname) && cart &&
        typeof cart.setCoupon === "function") {
      whenCartIsKnown(cart, function (order) {
        var lines = order.order_lines || order.items || [];
        var input = document.querySelector('input[name="cart[coupon]"]');
        if (isTyped || !lines.length || order.coupon || (order.discounts || []).length || (input && input.value)) {
          return;
        }
        isTyped = true; // the theme tells of the change that this makes, too
        keep("applied", wanted);
        cart.setCoupon({ coupon: wanted });
      });
    }
  }

  /* A theme that is still loading its cart shows an empty one: it tells by its bus when the cart is there. */
  function whenCartIsKnown(cart, act) {
    var bus = window.EventBus;
    if (bus && typeof bus.subscribe === "function") {
      bus.subscribe("update_items:insales:cart", function (order) {
        safely(function () { act(order || {}); });
      });
    } else if (cart.order && typeof cart.order.get === "function") {
      act(cart.order.get() || {});
    }
  }

  /* Consent is not said yet: show our notice, or watch for the shop's own one. */
  function wait() {
    if (consent() !== null || waits) {
      return;
    }
    waits = true;
    if (settled.consent.mode === "ask") {
      show();
      return;
    }
    var looks = 0;
    var timer = setInterval(function () {
      looks += 1;
      if (consent() !== null || looks > 120) {
        clearInterval(timer);
        heed();
      }
    }, 1000);
  }

  /* The answer is there: keep what this page came with, or forget everything. */
  function heed() {
    if (consent()) {
      remember(here);
    } else if (consent() === false) {
      here = "";
      if (cookieOf("molva")) {
        writeCookie("molva", "", 0);
      }
      ["wait", "told", "filled", "mark", "code", "applied"].forEach(function (name) { keep(name, null); });
    }
  }

  function reply(isYes) {
    said = isYes;
    writeCookie(ASKED, isYes ? "1" : "0", settled.seconds);
    heed();
  }

  /* Styles are set through the object model: a strict content policy of the shop allows that. */
  function show() {
    var words = settled.consent;
    var box = document.createElement("section");
    function button(text, isYes) {
      var made = document.createElement("button");
      made.type = "button";
      made.textContent = text;
      made.style.cssText = "font:inherit;padding:8px 16px;border-radius:8px;border:1px solid #1f2933;cursor:pointer;" +
        (isYes ? "background:#1f2933;color:#fff" : "background:#fff;color:#1f2933");
      made.addEventListener("click", function () {
        box.remove();
        safely(function () { reply(isYes); });
      });
      return made;
    }
    box.id = "molva-notice";
    box.setAttribute("aria-label", words.title);
    box.style.cssText = "position:fixed;left:16px;right:16px;bottom:16px;max-width:560px;margin:0 auto;z-index:99999;" +
      "box-sizing:border-box;padding:16px;border-radius:12px;background:#fff;color:#1f2933;" +
      "font:15px/1.4 system-ui,sans-serif;box-shadow:0 4px 24px rgba(0,0,0,.25);display:flex;flex-wrap:wrap;gap:12px";
    var text = document.createElement("p");
    text.style.cssText = "margin:0;flex:1 1 100%";
    text.textContent = words.text + " ";
    if (words.more_url) {
      var more = document.createElement("a");
      more.href = words.more_url;
      more.textContent = words.more;
      more.style.color = "inherit";
      text.appendChild(more);
    }
    box.appendChild(text);
    box.appendChild(button(words.yes, true));
    box.appendChild(button(words.no, false));
    document.body.appendChild(box);
  }

  function start() {
    var found = parameter("mv");
    var mark = "";
    settled.names.forEach(function (name) {
      mark = mark || parameter(name);
    });
    if (DONE.test(location.pathname)) {
      keep("filled", null); // the order is placed: the next cart is a new one
      keep("applied", null);
    }
    // An old token in an address was passed on by somebody: the mark counts, the visitor is another one.
    if (TOKEN.test(found) && (!mark || age(found) < HOUR)) {
      remember(found);
    } else if (mark) {
      tell(mark);
    } else if (kept("wait")) {
      send(kept("wait"));
    }
    if (mark) {
      safely(function () { learnCode(mark); });
    }
    heed();
    fill();
    applyCode();
  }

  function safely(act) {
    try {
      act();
    } catch (unexpected) { /* the shop goes on */ }
  }

  function whenReady(act) {
    if (document.prerendering) {
      document.addEventListener("prerenderingchange", function () { whenReady(act); }, { once: true });
    } else if (document.body) {
      safely(act);
    } else {
      document.addEventListener("DOMContentLoaded", function () { safely(act); }, { once: true });
    }
  }

  var settled;
  var here = ""; // the token of this page, while nothing may be stored
  var said = null; // consent as told on this page
  var filled = "";
  var code = "";
  var waits = false, isTyped = false; // isTyped: our code, into the cart of this page
  safely(function () {
    settled = settings();
    // A page inside another page, or one that is only being prepared, is nobody's visit.
    if (settled.programme && settled.tracker && window.top === window.self) {
      whenReady(start);
      // a shop's own notice may tell the answer: document.dispatchEvent(new CustomEvent("molva:consent", {detail: true}))
      document.addEventListener("molva:consent", function (event) {
        said = event.detail === true;
        safely(heed);
      });
    }
  });
})("__MOLVA_CONFIG__");
