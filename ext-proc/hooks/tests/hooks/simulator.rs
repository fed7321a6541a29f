//! The clients against the simulator of the end-to-end tests, whose answers the official SDKs read.

use tollgate_hooks::{Embeddings, Error, Moderation, Options, Recognizer, Service, Thresholds};
use tollgate_simulator::{Mode, Simulator};

async fn service(path: &str) -> Service {
    let address = Simulator::new("sim", Mode::Test)
        .listen("127.0.0.1:0")
        .await
        .unwrap();
    Service::new(&format!("http://{address}{path}"), Options::default()).unwrap()
}

#[tokio::test]
async fn embeddings() {
    let embeddings = Embeddings::new(service("/v1").await, "text-embedding-3-small", None).unwrap();
    let texts = [
        "How do I reset my password?",
        "please tell me how to reset the password",
        "weather in Oslo",
    ];
    let vectors = embeddings.embed(&texts).await.unwrap();
    let cosine = |other: &[f32]| vectors[0].iter().zip(other).map(|(a, b)| a * b).sum::<f32>();
    assert_eq!(embeddings.dimensions(), Some(1536));
    assert!((cosine(&vectors[0]) - 1.0).abs() < 1e-5);
    assert!(cosine(&vectors[1]) > 0.95 && cosine(&vectors[2]) < 0.2);
}

#[tokio::test]
async fn moderation() {
    let moderation = Moderation::new(service("/v1").await, None).unwrap();
    let texts = ["sim-flag:violence=0.4 sim-flag:hate", "fine"];
    let verdicts = moderation.moderate(&texts, &Thresholds::new()).await.unwrap();
    let names = |verdict: &tollgate_hooks::Verdict| -> Vec<String> {
        verdict
            .categories
            .iter()
            .map(|category| category.name.clone())
            .collect()
    };
    assert_eq!(
        (names(&verdicts[0]), names(&verdicts[1])),
        (vec!["hate".to_owned()], vec![])
    );
    let thresholds = Thresholds::from([("violence".to_owned(), 0.3), ("hate".to_owned(), 0.95)]);
    let verdicts = moderation.moderate(&texts, &thresholds).await.unwrap();
    assert_eq!(
        (names(&verdicts[0]), names(&verdicts[1])),
        (vec!["violence".to_owned()], vec![])
    );
}

#[tokio::test]
async fn recognizer() {
    let service = service("").await;
    let recognizer = Recognizer::new(service.clone(), "en", Vec::new(), 0.5).unwrap();
    let text = "😀 Zoë Ørsted of Initech";
    let found = recognizer.analyze(&[text, "", "nobody"]).await.unwrap();
    let found: Vec<Vec<(&str, &str)>> = found
        .iter()
        .map(|spans| {
            spans
                .iter()
                .map(|span| (&*span.entity, &text[span.range.clone()]))
                .collect()
        })
        .collect();
    assert_eq!(
        found,
        [
            vec![("PERSON", "Zoë Ørsted"), ("ORGANIZATION", "Initech")],
            vec![],
            vec![]
        ]
    );
    let nameless = Recognizer::new(service, "", Vec::new(), 0.5).unwrap();
    let refused = nameless.analyze(&["x"]).await;
    assert!(
        matches!(refused, Err(Error::Status { status: 500, .. })),
        "{refused:?}"
    );
}
