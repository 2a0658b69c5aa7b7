/* Molva on the pages of a shop: remembers which partner brought the visitor and tells it to the order.
   It sets one first-party cookie, sends one message to the tracker when a page is opened with the partner
   parameter, and fills one extra field of the order. It changes nothing else; whatever fails, the page goes on. */
(function (config) {
  "use strict";

  var TOKEN = /^[a-z2-7]{34}$/;
  var HOUR = 3600000;
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

  function readCookie() {
    var found = /(?:^|;\s*)molva=([a-z2-7]{34})(?:;|$)/.exec(document.cookie);
    return found ? found[1] : "";
  }

  /* On the broadest domain that the browser allows, so that www and the bare name share it;
     not on the platform's own domain, which is shared by all its shops. */
  function writeCookie(token) {
    var parts = location.hostname.split(".");
    var tail = "; path=/; max-age=" + settled.seconds + "; samesite=lax" +
      (location.protocol === "https:" ? "; secure" : "");
    var isName = parts.length > 1 && !/^\d+$/.test(parts[parts.length - 1]) &&
      !/\.myinsales\.ru$/.test(location.hostname);
    for (var from = parts.length - 2; isName && from >= 0; from -= 1) {
      document.cookie = "molva=" + token + "; domain=" + parts.slice(from).join(".") + tail;
      if (readCookie() === token) {
        return;
      }
    }
    document.cookie = "molva=" + token + tail;
  }

  /* sessionStorage may be forbidden; then a page more may send its message again, which does no harm. */
  function keep(name, value) {
    try {
      if (value === null) {
        sessionStorage.removeItem("molva_" + name);
      } else {
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
  function age(token) {
    var units = 0;
    for (var place = 0; place < 10; place += 1) {
      units = units * 32 + "abcdefghijklmnopqrstuvwxyz234567".indexOf(token.charAt(place));
    }
    return Math.abs(Date.now() - units / 125);
  }

  function remember(token) {
    if (TOKEN.test(token)) {
      writeCookie(token);
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
    fetch(address, { method: "POST", body: message, keepalive: true, credentials: "omit" }).then(function (answer) {
      if (answer.status < 500) {
        keep("wait", null);
      }
      return answer.ok ? answer.json() : {};
    }).then(function (found) {
      remember(String(found.token || ""));
    }).catch(function () { /* the next page tries again */ });
  }

  function tell(mark) {
    var last = kept("told").split(" ");
    var isTold = last[1] === encodeURIComponent(mark) && Date.now() - Number(last[0]) < HOUR / 2;
    if (isTold && readCookie()) {
      return;
    }
    keep("told", Date.now() + " " + encodeURIComponent(mark));
    send(JSON.stringify({
      programme: settled.programme,
      mark: mark,
      url: location.href.slice(0, 1000),
      referrer: document.referrer.slice(0, 1000),
      visitor: readCookie() || undefined
    }));
  }

  /* The mark travels with the order in an extra field; without the page's own form token nothing is sent. */
  function fill() {
    var token = readCookie();
    var csrf = document.querySelector('meta[name="csrf-token"]');
    var secret = csrf && csrf.getAttribute("content");
    if (!settled.field || !token || !secret || !window.fetch || !CART.test(location.pathname) ||
        kept("filled") === token) {
      return;
    }
    keep("filled", token);
    var name = "order[fields_values_attributes][" + settled.field + "]";
    var pairs = [["_method", "put"], [name + "[field_id]", settled.field], [name + "[value]", token]];
    fetch("/cart_items", {
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

  function start() {
    var token = parameter("mv");
    var mark = "";
    settled.names.forEach(function (name) {
      mark = mark || parameter(name);
    });
    if (DONE.test(location.pathname)) {
      keep("filled", null); // the order is placed: the next cart is a new one
    }
    // An old token in an address was passed on by somebody: the mark counts, the visitor is another one.
    if (TOKEN.test(token) && (!mark || age(token) < HOUR)) {
      remember(token);
    } else if (mark) {
      tell(mark);
    } else if (kept("wait")) {
      send(kept("wait"));
    }
    fill();
  }

  var settled;
  try {
    settled = settings();
    // A page inside another page, or one that is only being prepared, is nobody's visit.
    if (settled.programme && settled.tracker && window.top === window.self) {
      if (document.prerendering) {
        document.addEventListener("prerenderingchange", function () {
          try {
            start();
          } catch (unexpected) { /* the shop goes on */ }
        }, { once: true });
      } else {
        start();
      }
    }
  } catch (unexpected) { /* the shop goes on */ }
})("__MOLVA_CONFIG__");
