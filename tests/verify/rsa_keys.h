#pragma once

// RSA keys made with openssl(1) for the tests alone: a pair in every form it comes in, another
// pair, one that is too short for most settings, and keys that are not RSA.

#include <string>

namespace verify::testing {

// clang-format off
inline const std::string kPrivate =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIIEuwIBADANBgkqhkiG9w0BAQEFAASCBKUwggShAgEAAoIBAQCmFtEF/9GamUMY\n"
    "nAEJxfgmEUnt6p1wdnSoO9ZNnHKuMd5gIEb6OWOmpTi6vuwL1hIcwn/gUED8wfNB\n"
    "7ADZ+bqF3m+4uuHshYEliYIIukP/3EVhQiuhItedMGBLbP+dJNmkBdoPPss+dj24\n"
    "wu9ca7cG5rnESSLjyIq+8I991jZ1hnJELqRfwNGivuaI/lK6dg1x1qox5FwjsB2g\n"
    "LchkRffP2448MKjExKCuZ5lgTC9gfOWUQV7/J27X+zYy4dc2snpWYBFi0zJqf/ER\n"
    "XRDST35r6K9KjHgsum/pfuzteUA4i/sU9RLzIPWVY7LLpALZwpaa5Ip4U5ftEsga\n"
    "9GCH/FivAgMBAAECgf88qRiumEB1toRK+K9oYmW/gZD+1DGsYZc52qDqt7kq5gvS\n"
    "D/fcbBl5Q970Vcbgi88RsfgCdU1HA49VBF1LP2pgel1Tmu3o9Nm2XAKiLWWojUrJ\n"
    "uuE0eQVG4+RHqAez3UGgJoL+DnEs3wKr+IZzuuOeIaa3if60Mwp5smK2EwbQ5TMc\n"
    "KiF/bZ/oT8vJuIikBFExc1XHbQWKSnfj8j9BVacARQpeJHwveKenggeubbGxqbEk\n"
    "1idlFHVUVpgdzCM6yQaUSMhLAzItR+PrB4SlPR0kzWRvOnQSuLZczuWMoN0CegxF\n"
    "mxe7+jFju6sNLOMdTBLVEgfxLM2heEbXiYh0PZkCgYEA1g7wEG5cIpMNVa52Z3ik\n"
    "Hv5OPspHBh8AvalnamRFRa5xC9SdO5aVVkRXr4LrLgZLAiJ3hl9Vk7KVgJ5FUWGN\n"
    "uq9JV8ykH8to4DEgmuePDHmoWgaMOa79n3fPkhlSPNNG6FB5VKXb2k4qAym7yfYv\n"
    "vx767BV9J4ueaggsi3H5ZRkCgYEAxqHEFC7V+W+yYKqR/W7boTaQjl6vrbnnetjk\n"
    "G7yy6rV60sxhLU8o4gcMq74BhHB9fqs1Ljyc3iHY6bne6FNNHnvNLb0TuR54FHAz\n"
    "DWVByeINlPWjdctKaCvPgC5vzv8IriahE53ZJ/aoamd4IjEZ2zyLiHKziuxX30Xx\n"
    "PoWE3QcCgYAmSIuk1KgDwvsKjOY+QTRRGrhRwImNTbQrN4X4YDCHcthi/kaUpqzU\n"
    "vepUyHxZQeTeX92ymZBLlw/n7eaF1IWtkrXyTvY3fYCnQAIN0kYiPAvg9fTUSDix\n"
    "8ZKdFYxAtqSi3emlOvikBYC8ChW83BvT+a101a8JiI3vdsDIu7yX2QKBgQCn0HnB\n"
    "d4Rt9fFlfBZVYHiMLnZY4iRYiQzJnD60NGuQony/Zc7gIdXviHcrDh9oDkXoY6tN\n"
    "ggYiIcSKSu/Jpr8r9vp1Hx5vsw9ObTCkq5y2fJZu+Ez+sx8M/Z6UtCbgYlWqFJbX\n"
    "5O9XtSu6oeo8MPGgaPmV8RpBT8Y5q3TTFqkWtwKBgAVLvamF9XtdlH1bs3gLB+e4\n"
    "h+HcPtuqrcVkqXlw+EGMjY+1QvCWl4mqfF6RzWNKAIAOHpNWpljQCr06dKDAtLkD\n"
    "MkAPJv9bkmcXasLgIB5lQDj5eZrWs/x+qcixvZTHFDef8X2LwDshbVuonSB0OuSt\n"
    "uIqaPtH1NfSLraQOts9y\n"
    "-----END PRIVATE KEY-----\n";
inline const std::string kPublic =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAphbRBf/RmplDGJwBCcX4\n"
    "JhFJ7eqdcHZ0qDvWTZxyrjHeYCBG+jljpqU4ur7sC9YSHMJ/4FBA/MHzQewA2fm6\n"
    "hd5vuLrh7IWBJYmCCLpD/9xFYUIroSLXnTBgS2z/nSTZpAXaDz7LPnY9uMLvXGu3\n"
    "Bua5xEki48iKvvCPfdY2dYZyRC6kX8DRor7miP5SunYNcdaqMeRcI7AdoC3IZEX3\n"
    "z9uOPDCoxMSgrmeZYEwvYHzllEFe/ydu1/s2MuHXNrJ6VmARYtMyan/xEV0Q0k9+\n"
    "a+ivSox4LLpv6X7s7XlAOIv7FPUS8yD1lWOyy6QC2cKWmuSKeFOX7RLIGvRgh/xY\n"
    "rwIDAQAB\n"
    "-----END PUBLIC KEY-----\n";
inline const std::string kPublicPkcs1 =
    "-----BEGIN RSA PUBLIC KEY-----\n"
    "MIIBCgKCAQEAphbRBf/RmplDGJwBCcX4JhFJ7eqdcHZ0qDvWTZxyrjHeYCBG+jlj\n"
    "pqU4ur7sC9YSHMJ/4FBA/MHzQewA2fm6hd5vuLrh7IWBJYmCCLpD/9xFYUIroSLX\n"
    "nTBgS2z/nSTZpAXaDz7LPnY9uMLvXGu3Bua5xEki48iKvvCPfdY2dYZyRC6kX8DR\n"
    "or7miP5SunYNcdaqMeRcI7AdoC3IZEX3z9uOPDCoxMSgrmeZYEwvYHzllEFe/ydu\n"
    "1/s2MuHXNrJ6VmARYtMyan/xEV0Q0k9+a+ivSox4LLpv6X7s7XlAOIv7FPUS8yD1\n"
    "lWOyy6QC2cKWmuSKeFOX7RLIGvRgh/xYrwIDAQAB\n"
    "-----END RSA PUBLIC KEY-----\n";
inline const std::string kCertificate =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIDDTCCAfWgAwIBAgIUFX3qEahNQv2RfNwJrd+3K1IiemYwDQYJKoZIhvcNAQEL\n"
    "BQAwFjEUMBIGA1UEAwwLVGVzdCBjbGllbnQwHhcNMjYxMTI0MjMxMTQ5WhcNMzYx\n"
    "MTIxMjMxMTQ5WjAWMRQwEgYDVQQDDAtUZXN0IGNsaWVudDCCASIwDQYJKoZIhvcN\n"
    "AQEBBQADggEPADCCAQoCggEBAKYW0QX/0ZqZQxicAQnF+CYRSe3qnXB2dKg71k2c\n"
    "cq4x3mAgRvo5Y6alOLq+7AvWEhzCf+BQQPzB80HsANn5uoXeb7i64eyFgSWJggi6\n"
    "Q//cRWFCK6Ei150wYEts/50k2aQF2g8+yz52PbjC71xrtwbmucRJIuPIir7wj33W\n"
    "NnWGckQupF/A0aK+5oj+Urp2DXHWqjHkXCOwHaAtyGRF98/bjjwwqMTEoK5nmWBM\n"
    "L2B85ZRBXv8nbtf7NjLh1zayelZgEWLTMmp/8RFdENJPfmvor0qMeCy6b+l+7O15\n"
    "QDiL+xT1EvMg9ZVjssukAtnClprkinhTl+0SyBr0YIf8WK8CAwEAAaNTMFEwHQYD\n"
    "VR0OBBYEFOK/xIw4M6al23XYDdNNKF2Qxj5pMB8GA1UdIwQYMBaAFOK/xIw4M6al\n"
    "23XYDdNNKF2Qxj5pMA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQELBQADggEB\n"
    "AFA2PTCkwC/ipSVEn433gbSz/Uu/2QDGM6xjG5WcFWgov6WiemevRJfGJq/uZkeq\n"
    "P+40dUDnV6RDiVNTtVsZBgk0RKWR95OQQdHB5+Dn5xHtFFsH8gH7+vkHNVqFYr3X\n"
    "KtSXM3HT8sOKl5jg5V/l80rv+2tjKILrvJ/M4OoARw6aPkkhrtaGPSp1AP791FdC\n"
    "iYB3LI+8W7my7Xh6V3W7sGWRrRRIoYJXuw/RHrHI/zuNfecNNTF9NcsO6ioH5z3h\n"
    "eeHbA5YHkZJHhukgA5fBowtGJPgZrP6w5GoTzby2eP3RUh2NAokelaLi1zHa14M8\n"
    "qqiN/p4Ag0Liwpo0XH7toVE=\n"
    "-----END CERTIFICATE-----\n";
inline const std::string kOtherPrivate =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCvISpaCEGAuuhn\n"
    "PF6I6A9YcImKj/3Qy/q39e9DBvqMo4fdDoeTgEByh7UcRWkyVP8UVNyULEx8ttJp\n"
    "ADUvuZ0I970uEK9kvXEQ7qMRzNEi84xoCyHCEBDRtjobxvvTniLmPQBUc2MrsTsx\n"
    "hTfCKUVBhEdyxAhRlWxw7RrxFx2UgCrgMWZjRFcFVaZp3BmpMBzMdybHPL8Gw1e2\n"
    "iLZNOYaDWXCw3RytVa1VOVSZU820FcCo/lTZnT5EP9hbx2BKRB4/naoDPGTc/r0A\n"
    "eel/kIdRipZ4XRMlNx7bB0iad5oXtDn4ZRMk/kq4NgZGUBd2LnOtCHnZlZZVQ4q6\n"
    "sRVwG3uxAgMBAAECggEATRf6ftu3iiW9fQS0UOxnJPWVdqvgffPtkOHwy77cuOCc\n"
    "RJHK2QHSXRikf6eGoaONDrQ0zf2aRiRtB9ARmcrJ+FKmswqhS2WhymRi4MkbH5m7\n"
    "K2oLGFTeMpNXjTbRUN0CW/xqksKg23EPr8MHQq/MTwUeNsVZLCDtNeEKxSr52I6/\n"
    "iUX2GrhQUqQaztTfscm1yMgrze/iDdCZVJrk3iuMdpqK3cA5TWDuEbz42fNCLF+w\n"
    "xXAR3orTdxILJh9gKklYiwon6/XEnJ35yNkNhNsmpEa/J02eJjSTYsbDQRW/Itf9\n"
    "xccKYqIouUK0pmLyOLfiFOmR75WKKGsv2o+H5eT3iQKBgQDu5mepQEZNuy6fEhwB\n"
    "g2rMUIsyl8qizQbNV4NKjhF+UlG5sbikl8b8BRww8PXvVoLWal+tgpL/Frups++H\n"
    "XBTgRHzEsA0jRLp9pg5WMYAC+XmQ8qRLN45JSGPmMuuQicCG6TNjSr+EDVj/dqDJ\n"
    "GSYwUkXkxhGyAMiiEKsHYnCRHwKBgQC7qjub33GT2Xkhi/b7JKPmkNiEBgbvuASi\n"
    "4wVoZpzxgnG9ax+CIezKvQkUedC+XvojkzZKN1sDXxaFlCzDmf9M2XlbHEvFQZFE\n"
    "B/XbRQsJoPn5K4Zd38HX50WuHUjqlK+QOV8VDHJRpipeYgMaFXU0YwP47ZzB+OTS\n"
    "AOaIPxFJLwKBgBNu1JHU86MRDdrMq1CIMyDJkHkeFdKmYN5FNx3SbqPa6GD1jvJ8\n"
    "kigf9koY37iHTf9JCd1gWLq9S6ijRWG6YMxZZdjOBVOQHKdp4ZKrViFnz7a1th2U\n"
    "OFPHurCYBcdtHSccQxzZkLiaKVomeS/ChvO5TYwtfHUBUVC1kGP6YvO7AoGAHgMm\n"
    "j1IXxu5jueK5eAavE6OcjNit6U6Dp00pQz4N4W3cJM/p9RTZ2r6KojStFpT36hKT\n"
    "/yCFNK/TWT+OPSX2t2KcTt7im0RWKAwh3JRZJIwTDi9QyNiNFqtM8ICMdb+bqDQU\n"
    "qbgY3Ef3xKpmFpjR6rPfIcNWa4sThSZRt/5mFE8CgYEAjUlGbu2snIe3DPj31G65\n"
    "UOeWpI5Bguw3YBU2+d2HL7mL9vJ9RI8Zr6l3dzv5CWkoSyB+E7yngV8jqCIDqbks\n"
    "lIUrz3rs1CVKx0LaXXNzUuLSr7CtDRQIned+XqvHQ7UjUOy3oNdDL+DhpL65GqOc\n"
    "gm/V5z8kpN0qZ+H4SiWHKKY=\n"
    "-----END PRIVATE KEY-----\n";
inline const std::string kOtherPublic =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAryEqWghBgLroZzxeiOgP\n"
    "WHCJio/90Mv6t/XvQwb6jKOH3Q6Hk4BAcoe1HEVpMlT/FFTclCxMfLbSaQA1L7md\n"
    "CPe9LhCvZL1xEO6jEczRIvOMaAshwhAQ0bY6G8b7054i5j0AVHNjK7E7MYU3wilF\n"
    "QYRHcsQIUZVscO0a8RcdlIAq4DFmY0RXBVWmadwZqTAczHcmxzy/BsNXtoi2TTmG\n"
    "g1lwsN0crVWtVTlUmVPNtBXAqP5U2Z0+RD/YW8dgSkQeP52qAzxk3P69AHnpf5CH\n"
    "UYqWeF0TJTce2wdImneaF7Q5+GUTJP5KuDYGRlAXdi5zrQh52ZWWVUOKurEVcBt7\n"
    "sQIDAQAB\n"
    "-----END PUBLIC KEY-----\n";
inline const std::string kShortPrivate =
    "-----BEGIN RSA PRIVATE KEY-----\n"
    "MIICXAIBAAKBgQDAp5HYq88lrIFWZxE7+CcQ3z0ofF/hOmRLExgwh7CebU7gkFV4\n"
    "40pxublJvRGttpu04WQJCfw2MRHh2JWJxdjTXE55osjNxf+5CfmOfQ/LNfyVcjMX\n"
    "9MPmu4LZ4xwVsbUBdCjscJDMa7mPRdiy48ASH2K9lx6dOH9rPda/494s6wIDAQAB\n"
    "AoGAZyPPEx64IcU+4REAywhJceDyDxC3DA+EziSE2MZsKgT/K35aJAQbQNNbfTy5\n"
    "kDSpG6dnNOehnSmcFzsqo73GHENYexsrWr7iBT0+p6Apv9183o0zmef9Uv3c6LCl\n"
    "HSr9hGCMCXJj5SMJdQQQvM1Lyx/tdHVpSHCleZ+eH7glpbECQQDv7tvniQfNe5sX\n"
    "vG3I351tiGbh4fm9MBAMqLDUGEMRn7E9Fwa61pT5J8nEnwS26MDCVkZAya09BKYC\n"
    "csRJXvZHAkEAzY4400tngqjjxTxRnNgrgxqY0BJCVklDPoDsAYheqACJtb8KN70c\n"
    "AaWLU73a190FP/nMnFl6Et9P8T8vUW+SPQJBAMARlyo3MO7WZyZOKhhmodCgI7Pp\n"
    "QRGo2wA3Pi7bKT1/d9Ouji2dP25g4o0quwxtMHmhtOWCTNMO2JIXK3iMs1sCQEGi\n"
    "Tea5xv1jbAcIcY7BP3OHRI/7pI7kqcIFbFY48vB164LK0zpk+dJUx54fmwceHZUF\n"
    "8B1kPKRWBbKkWDmKhIkCQAlp3Hg53BgaBJi8DesnIVhxrftXbzU9HdgBp9m/60rS\n"
    "PY/MQTLNQWk7TobxQV0CBkP16I7fY5/Peqc+rKyyq34=\n"
    "-----END RSA PRIVATE KEY-----\n";
inline const std::string kShortPublic =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDAp5HYq88lrIFWZxE7+CcQ3z0o\n"
    "fF/hOmRLExgwh7CebU7gkFV440pxublJvRGttpu04WQJCfw2MRHh2JWJxdjTXE55\n"
    "osjNxf+5CfmOfQ/LNfyVcjMX9MPmu4LZ4xwVsbUBdCjscJDMa7mPRdiy48ASH2K9\n"
    "lx6dOH9rPda/494s6wIDAQAB\n"
    "-----END PUBLIC KEY-----\n";
inline const std::string kShortEncrypted =
    "-----BEGIN RSA PRIVATE KEY-----\n"
    "Proc-Type: 4,ENCRYPTED\n"
    "DEK-Info: AES-128-CBC,1D4D1D6E70B054A27065186634C284D2\n"
    "\n"
    "asirgbkIu0qz7LAvomXICc/zsDlUorWuAbXyWR5V96rpNzMXzUOe7nAqjEFz9kTt\n"
    "00BBKOVSk8QlU/b9yf0ZF7j8ff9WegYXEorLE60Hc8xP3TL8G7oqDS1czkS59RCu\n"
    "B1KXQeezERpKayQ3z57C78CWpHlcQdZqrD5ufBtqYUMb9Bhnj+3YR3WWFk+Ta4HL\n"
    "RP4KFvFPbIg6PqygznloyGKSEfn2xuqKptbvfLK4l8tiQDjPbsvTgnnqTwJximHt\n"
    "bTtkDWJhiuzN2B4cHr7626geRBAV5dcJ+qSYb8t2sJMSdNMRixq1Z7RU2rpeDJY1\n"
    "v1A2//QPL0/InUSblsSddP7ZON2ywvQeWyWiQq3KLskf5UpGflcuN0Zsf+R2cx9n\n"
    "Y7w/l4CR+YtORwNl2PeLdZCVFi2WeKnFb+/JQmZf5w68TJyz+DDsXs7K+qYIm5uZ\n"
    "l1MVoyy3UjhTogxQCWN8bjtTgD5aKg+X1DdLp108L9Vu8rQu++qknctyTtYVUUfU\n"
    "tbXZTZn4s68x1FBPLfMOk1IRFjTPdFlpzf5soGLx6SDblsKH8Tu+TnpJws7EmOGK\n"
    "J8audVUxoh0Blgvt6esPud0/nQB0sUh+oV/FHlESjv1cDR6ijfbq88EckhNFuzYc\n"
    "AsZuXmFuQHlEgarxs5GzQY+AFSARYh8pzhIoFBxb/TjCU63qYgM3+wHXiWab/8Tz\n"
    "YpjXgIoSuLu1JtcZdkM7ZXqmiZuPhtOl2Sq8gbKExbwOvg3O2N3lgs5bq70qNVM9\n"
    "8fn0c4N8sUSPLko1gVMA63SPowOeHGASCUjkDH4m3rjUj7+1hA29ifAWxjiWQKLI\n"
    "-----END RSA PRIVATE KEY-----\n";
inline const std::string kEllipticPublic =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEGF9IZZ5G/tkCo3Y4ORj33l2Jt3Bf\n"
    "HLJbh/4oKPH4vUhJoqPvPby8E5aaZdJmPtJ1o9JjDfIcxw3/N/JPQSWnEA==\n"
    "-----END PUBLIC KEY-----\n";
inline const std::string kEllipticCertificate =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBbTCCAROgAwIBAgIUVEwDNcyu1RXDTL8oMX5lZAtxPWYwCgYIKoZIzj0EAwIw\n"
    "DDEKMAgGA1UEAwwBeDAeFw0yNjExMjQyMzExNTBaFw0zNjExMjEyMzExNTBaMAwx\n"
    "CjAIBgNVBAMMAXgwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQYX0hlnkb+2QKj\n"
    "djg5GPfeXYm3cF8csluH/igo8fi9SEmio+89vLwTlppl0mY+0nWj0mMN8hzHDf83\n"
    "8k9BJacQo1MwUTAdBgNVHQ4EFgQUawP6zHRl/Cr3e9KD8jgqJL7d3B8wHwYDVR0j\n"
    "BBgwFoAUawP6zHRl/Cr3e9KD8jgqJL7d3B8wDwYDVR0TAQH/BAUwAwEB/zAKBggq\n"
    "hkjOPQQDAgNIADBFAiB1v2Pi1ojylktRTbtw548BxI7QbNTYtaW0u+mBRLhqnQIh\n"
    "APODps9ZBEEHV3lSMTC0J43TLI1njm23wuFWrqSpjhx+\n"
    "-----END CERTIFICATE-----\n";
inline const std::string kEllipticPrivate =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgzM5ge9Lh4poul5pZ\n"
    "0aOUdI13Hw/Qn7jzooo/duXzeP6hRANCAAQYX0hlnkb+2QKjdjg5GPfeXYm3cF8c\n"
    "sluH/igo8fi9SEmio+89vLwTlppl0mY+0nWj0mMN8hzHDf838k9BJacQ\n"
    "-----END PRIVATE KEY-----\n";
inline const std::string kPssPublic =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIGdMAsGCSqGSIb3DQEBCgOBjQAwgYkCgYEA+p0jH6XJVwa/Y0PUFZL2mr+1vvwD\n"
    "/uNQ2i/vquRDObL9txFLlTG4VHOHwJ7QNn43ImB6j3HY50qJiMBSTjOXJgeRkSGM\n"
    "dp+4Wk2paovrEimtIStXKT9JMSCDSFNV5VhptzAEXb9wYHoboU9gC/WkASLAPoz8\n"
    "1OrZo38ueCKGVykCAwEAAQ==\n"
    "-----END PUBLIC KEY-----\n";
// clang-format on

}  // namespace verify::testing
