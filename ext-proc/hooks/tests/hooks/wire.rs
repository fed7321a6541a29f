//! What is sent, and what is made of right and wrong answers.

use std::num::NonZeroUsize;

use serde_json::json;
use tollgate_hooks::{
    Category, Credential, Embeddings, Error, Moderation, Options, Recognizer, Secret, Service, Span,
    Thresholds,
};

use crate::server::{Server, quick};

fn service(server: &Server, path: &str) -> Service {
    Service::new(&format!("{}{path}", server.url()), Options::default()).unwrap()
}

#[tokio::test]
async fn embeddings_are_asked_for_as_openai_does() {
    let server = quick(
        r#"{"object":"list","data":[{"object":"embedding","index":1,"embedding":[0.0,-2]},
            {"object":"embedding","index":0,"embedding":[3,0]}],"model":"m","usage":{"prompt_tokens":4,"total_tokens":4}}"#,
    );
    let options = Options {
        credential: Some(Credential::bearer(&Secret::new("sk-1")).unwrap()),
        ..Options::default()
    };
    let service = Service::new(&format!("{}/v1/", server.url()), options).unwrap();
    let embeddings = Embeddings::new(service, "m", NonZeroUsize::new(2)).unwrap();
    assert_eq!(embeddings.embed(&[]).await.unwrap(), Vec::<Vec<f32>>::new());
    assert_eq!(
        embeddings.embed(&["a", "b"]).await.unwrap(),
        [[1.0, 0.0], [0.0, -1.0]]
    );
    let [got] = &server.requests()[..] else {
        panic!("no texts, no call")
    };
    assert_eq!(got.path, "/v1/embeddings");
    assert_eq!(
        got.body,
        json!({"model": "m", "input": ["a", "b"], "encoding_format": "float", "dimensions": 2})
    );
    assert_eq!(got.headers["authorization"], "Bearer sk-1");
    assert_eq!(got.headers["content-type"], "application/json");
    assert_eq!(got.headers["accept-encoding"], "identity");
    assert_eq!(embeddings.id(), format!("127.0.0.1:{}/v1#m@2", server.port));
}

#[tokio::test]
async fn vectors_of_another_length_are_refused() {
    let server = quick(r#"{"data":[{"index":0,"embedding":[1,0]}]}"#);
    let asked = Embeddings::new(service(&server, ""), "m", NonZeroUsize::new(3)).unwrap();
    assert!(matches!(asked.embed(&["a"]).await, Err(Error::Senseless(_))));
    let learned = Embeddings::new(service(&server, ""), "m", None).unwrap();
    assert_eq!(learned.dimensions(), None);
    learned.embed(&["a"]).await.unwrap();
    assert_eq!(learned.dimensions(), Some(2));
    assert_eq!(
        server.requests()[1].body,
        json!({"model": "m", "input": ["a"], "encoding_format": "float"})
    );

    let ragged = quick(r#"{"data":[{"index":0,"embedding":[1,0]},{"index":1,"embedding":[1,0,0]}]}"#);
    let ragged = Embeddings::new(service(&ragged, ""), "m", None).unwrap();
    assert!(matches!(
        ragged.embed(&["a", "b"]).await,
        Err(Error::Senseless(_))
    ));
    assert_eq!(ragged.dimensions(), None);
}

#[tokio::test]
async fn moderation_is_asked_for_as_openai_does() {
    let server = quick(
        r#"{"id":"modr-1","model":"omni-moderation-latest","results":[
            {"flagged":true,"categories":{"hate":true,"violence":true},"category_scores":{"hate":0.7,"violence":0.9},
             "category_applied_input_types":{"hate":["text"],"violence":["text"]}},
            {"flagged":false,"categories":{"hate":false,"violence":false},"category_scores":{"hate":0.0,"violence":0.3}}]}"#,
    );
    let moderation =
        Moderation::new(service(&server, "/v1"), Some("omni-moderation-latest".to_owned())).unwrap();
    let verdicts = moderation
        .moderate(&["a", "b"], &Thresholds::from([("violence".to_owned(), 0.25)]))
        .await;
    let verdicts = verdicts.unwrap();
    let category = |name: &str, score| Category {
        name: name.to_owned(),
        score: Some(score),
    };
    assert_eq!(
        verdicts[0].categories,
        [category("violence", 0.9), category("hate", 0.7)]
    );
    assert_eq!(verdicts[1].categories, [category("violence", 0.3)]);
    assert_eq!((verdicts[0].flagged, verdicts[1].flagged), (true, false));
    let got = &server.requests()[0];
    assert_eq!(got.path, "/v1/moderations");
    assert_eq!(
        got.body,
        json!({"model": "omni-moderation-latest", "input": ["a", "b"]})
    );
    assert!(!got.headers.contains_key("authorization"));
    let short = moderation.moderate(&["a", "b", "c"], &Thresholds::new()).await;
    assert!(matches!(short, Err(Error::Senseless(_))));
}

#[tokio::test]
async fn entities_are_asked_for_as_presidio_wants() {
    let person = |start, end| json!({"analysis_explanation": null, "end": end, "entity_type": "PERSON", "score": 0.85, "start": start});
    let server = quick(&json!([person(2, 5)]).to_string());
    let options = Options {
        credential: Some(Credential::header("X-Api-Key", &Secret::new("k")).unwrap()),
        ..Options::default()
    };
    let recognizer = |server: &Server, entities: &[&str]| {
        let service = Service::new(&server.url(), options.clone()).unwrap();
        let entities = entities.iter().map(|entity| (*entity).to_owned()).collect();
        Recognizer::new(service, "en", entities, 0.5).unwrap()
    };
    let found = recognizer(&server, &["PERSON"])
        .analyze(&["😀 Zoë"])
        .await
        .unwrap();
    let span = |range| Span {
        range,
        entity: "PERSON".to_owned(),
        score: 0.85,
    };
    assert_eq!(found, [[span(5..9)]]);
    let got = &server.requests()[0];
    assert_eq!(got.path, "/analyze");
    assert_eq!(
        got.body,
        json!({"text": "😀 Zoë", "language": "en", "score_threshold": 0.5, "entities": ["PERSON"]})
    );
    assert_eq!(got.headers["x-api-key"], "k");

    // Several texts are one call; one without characters is not asked about: Presidio would answer 500.
    let several = quick(&json!([[person(0, 1)], []]).to_string());
    let texts = recognizer(&several, &[]);
    let found = texts.analyze(&["é", "", "b"]).await.unwrap();
    assert_eq!(found, [vec![span(0..2)], vec![], vec![]]);
    assert_eq!(
        several.requests()[0].body,
        json!({"text": ["é", "b"], "language": "en", "score_threshold": 0.5})
    );
    assert_eq!(texts.analyze(&[""]).await.unwrap(), [[]]);
    assert_eq!(several.requests().len(), 1);
    assert!(matches!(
        texts.analyze(&["a", "b", "c"]).await,
        Err(Error::Senseless(_))
    ));
    // The spans of one text are no answer for two, nor the other way round.
    assert!(matches!(
        texts.analyze(&["a"]).await,
        Err(Error::Unreadable { .. })
    ));
}
